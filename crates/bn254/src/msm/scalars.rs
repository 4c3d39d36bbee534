//! Scalars as signed integers of at most 127 bits, cut into signed digits.

use crate::field::Fr;

/// Bits of the magnitudes that [`decompose`] returns.
pub(super) const HALF_BITS: u32 = 127;

/// An integer of magnitude below 2^127, the sign in the top bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signed(u128);

const SIGN: u128 = 1 << 127;

impl Signed {
    #[inline(always)]
    pub(super) fn new(magnitude: u128, negative: bool) -> Self {
        Self(magnitude | if negative { SIGN } else { 0 })
    }

    #[inline(always)]
    pub(super) fn magnitude(self) -> u128 {
        self.0 & !SIGN
    }

    #[inline(always)]
    pub(super) fn opposite(self) -> Self {
        Self(self.0 ^ SIGN)
    }

    #[inline(always)]
    pub(super) fn is_negative(self) -> bool {
        self.0 & SIGN != 0
    }

    /// Digit `index` of the integer in base 2^`bits` with digits in -2^(bits-1)..=2^(bits-1) (Booth's recoding).
    #[inline(always)]
    pub(super) fn digit(self, index: u32, bits: u32) -> i32 {
        let shift = index * bits;
        // `bits` bits of the integer and the one below them, by 64-bit words.
        let (low, high) = (self.0 as u64, (self.magnitude() >> 64) as u64);
        let shifted = match shift {
            0 => low << 1,
            1 => low,
            2..=64 => low >> (shift - 1) | high << (65 - shift),
            _ => high >> (shift - 65),
        };
        let window = (shifted as i32) & ((1 << (bits + 1)) - 1);
        let digit = ((window + 1) >> 1) - ((window >> bits) << bits);
        if self.is_negative() { -digit } else { digit }
    }
}

impl From<i64> for Signed {
    #[inline(always)]
    fn from(value: i64) -> Self {
        Self::new(u128::from(value.unsigned_abs()), value < 0)
    }
}

/// Number of base-2^`window` digits of an integer below 2^`bits`.
pub(super) fn digits(bits: u32, window: u32) -> u32 {
    bits / window + 1
}

/// `(a, b)` with `scalar = a - b * lambda`, both magnitudes below 2^127; lambda is the cube root of unity `Fr::ZETA`
/// of `halo2curves`, with lambda (x, y) = (beta x, y), beta = `Fq::ZETA`.
///
/// The lattice of relations has the short vectors (A1, B1) and (A2, -B2) up to sign; the quotients are rounded with
/// G1 = floor(2^256 B2 / r) and G2 = floor(2^256 A1 / r) up to one unit, after Gallant, Lambert and Vanstone.
pub(super) fn decompose(scalar: &Fr) -> (Signed, Signed) {
    const B1: u64 = 0x89d3256894d213e3;
    const B2: u128 = 0x6f4d8248eeb859fd0be4e1541221250b;
    const A1: u128 = 0x6f4d8248eeb859fc8211bbeb7d4f1128;
    const G1: [u64; 2] = [0xd91d232ec7e0b3d7, 0x2];
    const G2: [u64; 3] = [0x5398fd0300ff6565, 0x4ccef014a773d2d2, 0x2];
    let k = scalar.to_limbs();
    let c1 = high_product(&k, &G2);
    let c2 = high_product(&k, &G1) as u64;
    // Exact integers within 128 bits: what wraps around cancels.
    let low = u128::from(k[0]) | u128::from(k[1]) << 64;
    let b = u128::from(c2).wrapping_mul(B2).wrapping_sub(c1.wrapping_mul(u128::from(B1)));
    let a = low.wrapping_sub(u128::from(c2).wrapping_mul(u128::from(B1))).wrapping_sub(c1.wrapping_mul(A1));
    (from_twos_complement(a), from_twos_complement(b))
}

fn from_twos_complement(value: u128) -> Signed {
    let value = value as i128;
    Signed::new(value.unsigned_abs(), value < 0)
}

/// `k * g / 2^256` rounded down, below 2^128 for the constants of [`decompose`].
fn high_product(k: &[u64; 4], g: &[u64]) -> u128 {
    let mut t = [0u64; 7];
    for (i, &word) in g.iter().enumerate() {
        let mut carry = 0;
        for (j, &limb) in k.iter().enumerate() {
            (t[i + j], carry) = crate::field::mac(t[i + j], limb, word, carry);
        }
        t[i + 4] = carry;
    }
    u128::from(t[4]) | u128::from(t[5]) << 64
}

#[cfg(test)]
mod tests;
