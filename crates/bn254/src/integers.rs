//! Sums of small integers times field elements, reduced once at the end.

use crate::field::Fr;

/// 32-bit words of a sum: 2 of an integer, 8 of an element.
const WORDS: usize = 10;
const MASK: u64 = (1 << 32) - 1;

/// A sum of integer times element; up to 2^29 terms.
///
/// Words of the factors' Montgomery forms are multiplied and added as integers, with no reduction: a term costs 8
/// products of 32-bit words, 16 where the integer exceeds 32 bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct IntegerSum {
    /// Signed sums of 32-bit halves by position.
    words: [i64; WORDS],
}

impl IntegerSum {
    /// Adds `integer * factor`.
    #[inline]
    pub fn add(&mut self, integer: i64, factor: &Fr) {
        let sign = integer >> 63;
        let magnitude = integer.unsigned_abs();
        for (i, word) in [magnitude & MASK, magnitude >> 32].into_iter().enumerate() {
            if word == 0 {
                continue;
            }
            for (j, limb) in factor.0.iter().enumerate() {
                for (h, half) in [limb & MASK, limb >> 32].into_iter().enumerate() {
                    let product = word * half;
                    let at = i + 2 * j + h;
                    self.words[at] += ((product & MASK) as i64 ^ sign) - sign;
                    // The highest position is 1 + 7 + 1.
                    self.words[at + 1] += ((product >> 32) as i64 ^ sign) - sign;
                }
            }
        }
    }

    /// The sum.
    pub fn total(&self) -> Fr {
        if self.words == [0; WORDS] {
            return Fr::ZERO;
        }
        match carried(&self.words) {
            (limbs, false) => reduced(limbs),
            (_, true) => -reduced(carried(&self.words.map(i64::wrapping_neg)).0),
        }
    }
}

/// The sum's magnitude in 64-bit limbs where it is not negative, and whether it is.
fn carried(words: &[i64; WORDS]) -> ([u64; 6], bool) {
    let mut limbs = [0; 6];
    let mut carry = 0;
    for (at, word) in words.iter().chain(&[0; 2]).enumerate() {
        let sum = word + carry;
        limbs[at / 2] |= (sum as u64 & MASK) << (32 * (at % 2));
        carry = sum >> 32;
    }
    (limbs, carry < 0)
}

/// The element whose Montgomery form is this integer modulo p: its upper limbs count 2^256.
fn reduced([a, b, c, d, e, f]: [u64; 6]) -> Fr {
    Fr::ONE.times([a, b, c, d]) + Fr::R2.times([e, f, 0, 0])
}

#[cfg(test)]
mod tests;
