//! One element on nine limbs of 30 bits in 64-bit words: for wasm without (fused) relaxed SIMD, where 64-bit products
//! of 32-bit halves are cheap and 128-bit ones are not.
//!
//! A product divides by 2^240 limb by limb and by 2^16 in a last step, so that elements stay in the storage form. With
//! both factors below 2^256 the highest limbs have 16 bits; a column then collects less than 0.8 * 2^64 from the
//! product and the reduction, with the limbs of either modulus.

use core::marker::PhantomData;

use super::{Butterfly, Lanes, Ring};
use crate::field::{Fp, Params, scaled_modulus, shl1};

const BITS: u32 = 30;
const MASK: u64 = (1 << BITS) - 1;

/// One element; limbs below 2^30. Below 2p in a [`Ring`], below 4p in a transform.
#[derive(Clone, Copy)]
pub(crate) struct Limbs30<P> {
    limbs: [u64; 9],
    params: PhantomData<P>,
}

const fn split(x: [u64; 4]) -> [u64; 9] {
    let mut limbs = [0; 9];
    let mut i = 0;
    while i < 9 {
        let (word, shift) = (i * 30 / 64, i * 30 % 64);
        let mut value = x[word] >> shift;
        if shift > 34 && word + 1 < 4 {
            value |= x[word + 1] << (64 - shift);
        }
        limbs[i] = value & MASK;
        i += 1;
    }
    limbs
}

impl<P: Params> Limbs30<P> {
    const P1: [u64; 9] = split(P::MODULUS);
    const P2: [u64; 9] = split(shl1(P::MODULUS));
    /// -p^-1 mod 2^30 (and, its low bits, mod 2^16).
    const MU: u64 = Fp::<P>::NEG_INV & MASK;
    /// (p mu + 1) / 2^30, for the mu of [`Self::MU`].
    const SCALED: [u64; 9] = split(scaled_modulus(P::MODULUS, Self::MU, BITS));

    #[inline(always)]
    fn new(limbs: [u64; 9]) -> Self {
        Self { limbs, params: PhantomData }
    }

    /// Carries limbs that may be negative; `(carried limbs, sign)`, the sign 0 or -1.
    #[inline(always)]
    fn carry(limbs: [i64; 9]) -> (Self, u64) {
        let mut carried = [0; 9];
        let mut carry = 0;
        for (to, from) in carried.iter_mut().zip(limbs) {
            let limb = from + carry;
            *to = limb as u64 & MASK;
            carry = limb >> BITS;
        }
        (Self::new(carried), carry as u64)
    }

    /// `self - m` where that is not negative.
    #[inline(always)]
    fn reduce_once(self, m: [u64; 9]) -> Self {
        let (difference, negative) =
            Self::carry(core::array::from_fn(|i| (self.limbs[i] as i64).wrapping_sub(m[i] as i64)));
        let limb = |i: usize| (self.limbs[i] & negative) | (difference.limbs[i] & !negative);
        Self::new(core::array::from_fn(limb))
    }

    /// `a b / 2^256` modulo p: below 2p for a b <= p 2^256.
    #[inline(always)]
    fn product(a: [u64; 9], b: [u64; 9]) -> Self {
        let mut t = [0u64; 17];
        for (i, a) in a.iter().enumerate() {
            for (j, b) in b.iter().enumerate() {
                t[i + j] += a * b;
            }
        }
        Self::reduce(t)
    }

    /// `a a / 2^256` modulo p: below 2p for a below 2p.
    #[inline(always)]
    fn squared(a: [u64; 9]) -> Self {
        let mut t = [0u64; 17];
        for i in 0..9 {
            t[2 * i] += a[i] * a[i];
            for j in i + 1..9 {
                t[i + j] += a[i] * (a[j] << 1);
            }
        }
        Self::reduce(t)
    }

    /// The product of single elements in the storage form, below 2p; `a` below p, `b` any 256-bit integer.
    #[cfg(any(test, target_arch = "wasm32"))]
    #[inline(always)]
    pub(crate) fn multiply(a: [u64; 4], b: [u64; 4]) -> [u64; 4] {
        Self::product(split(a), split(b)).to_words()
    }

    /// Of any 256-bit integer.
    #[inline(always)]
    pub(crate) fn from_words(words: [u64; 4]) -> Self {
        Self::new(split(words))
    }

    /// The integer, not reduced.
    #[inline(always)]
    pub(crate) fn to_words(self) -> [u64; 4] {
        let x = self.limbs;
        [
            x[0] | x[1] << 30 | x[2] << 60,
            x[2] >> 4 | x[3] << 26 | x[4] << 56,
            x[4] >> 8 | x[5] << 22 | x[6] << 52,
            x[6] >> 12 | x[7] << 18 | x[8] << 48,
        ]
    }

    /// The columns of a product divided by 2^256 modulo p.
    #[inline(always)]
    fn reduce(mut t: [u64; 17]) -> Self {
        // Seven limbs vanish with p mu, which is -1 modulo 2^30: up to 2^-16 p more in the end. The rest takes p
        // itself.
        for i in 0..7 {
            let m = t[i] & MASK;
            t[i + 1] += t[i] >> BITS;
            for (j, limb) in Self::SCALED.iter().enumerate() {
                t[i + 1 + j] += m * limb;
            }
        }
        let m = t[7].wrapping_mul(Self::MU) & MASK;
        for (j, p) in Self::P1.iter().enumerate() {
            t[7 + j] += m * p;
        }
        t[8] += t[7] >> BITS;
        let m = t[8].wrapping_mul(Self::MU) & 0xffff;
        for (j, p) in Self::P1.iter().enumerate() {
            t[8 + j] += m * p;
        }
        // The lowest 16 bits are zero now.
        let mut limbs = [0; 9];
        let mut carry = 0;
        for (limb, column) in limbs.iter_mut().zip(&t[8..]) {
            let sum = column + carry;
            *limb = sum & MASK;
            carry = sum >> BITS;
        }
        Self::new(core::array::from_fn(|i| {
            limbs[i] >> 16 | if i < 8 { (limbs[i + 1] & 0xffff) << 14 } else { carry << 14 }
        }))
    }
}

impl<P: Params> Lanes<P> for Limbs30<P> {
    const WIDTH: usize = 1;

    #[inline(always)]
    fn load(values: &[Fp<P>]) -> Self {
        Self::from_words(values[0].0)
    }

    #[inline(always)]
    fn store(self, values: &mut [Fp<P>]) {
        values[0] = Fp::from_montgomery(self.reduce_once(Self::P2).reduce_once(Self::P1).to_words());
    }
}

impl<P: Params> Ring<P> for Limbs30<P> {
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self::product(self.limbs, other.limbs)
    }

    #[inline(always)]
    fn square(self) -> Self {
        Self::squared(self.limbs)
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let sum = core::array::from_fn(|i| (self.limbs[i] + other.limbs[i]) as i64);
        Self::carry(sum).0.reduce_once(Self::P2)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let difference = core::array::from_fn(|i| (self.limbs[i] as i64).wrapping_sub(other.limbs[i] as i64));
        let (difference, negative) = Self::carry(difference);
        let sum = |i: usize| (difference.limbs[i] + (Self::P2[i] & negative)) as i64;
        Self::carry(core::array::from_fn(sum)).0
    }
}

impl<P: Params> Butterfly<P> for Limbs30<P> {
    type Factor = [u64; 9];

    #[inline(always)]
    fn factors(values: &[Fp<P>]) -> [u64; 9] {
        split(values[0].0)
    }

    #[inline(always)]
    fn factor(value: Fp<P>) -> [u64; 9] {
        split(value.0)
    }

    #[inline(always)]
    fn scale(self, factor: [u64; 9]) -> Self {
        Self::product(self.limbs, factor)
    }

    #[inline(always)]
    fn sum_difference(self, other: Self) -> (Self, Self) {
        // Below 2p and below 2p: both results below 4p.
        let a = self.reduce_once(Self::P2);
        let sum = core::array::from_fn(|i| (a.limbs[i] + other.limbs[i]) as i64);
        let difference = core::array::from_fn(|i| (a.limbs[i] + Self::P2[i]) as i64 - other.limbs[i] as i64);
        (Self::carry(sum).0, Self::carry(difference).0)
    }
}
