//! Arithmetic of field elements.

use core::iter::Sum;
use core::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

#[cfg(not(target_arch = "wasm32"))]
use super::limbs::wide_square;
use super::limbs::{adc, add_limbs, add_masked, mac, reduce_once, reduce_rarely, sub_limbs};
use super::{Fp, Params};
#[cfg(target_arch = "wasm32")]
use crate::lanes::Limbs30;

impl<P: Params> Fp<P> {
    /// `t / 2^256` modulo p, as some integer below 2p, for `t` below p * 2^256.
    #[inline(always)]
    pub(crate) const fn reduce_lazy(t: [u64; 8]) -> [u64; 4] {
        let p = P::MODULUS;
        let m = t[0].wrapping_mul(Self::NEG_INV);
        let (_, c) = mac(t[0], m, p[0], 0);
        let (t1, c) = mac(t[1], m, p[1], c);
        let (t2, c) = mac(t[2], m, p[2], c);
        let (t3, c) = mac(t[3], m, p[3], c);
        let (t4, over) = adc(t[4], c, 0);
        let m = t1.wrapping_mul(Self::NEG_INV);
        let (_, c) = mac(t1, m, p[0], 0);
        let (t2, c) = mac(t2, m, p[1], c);
        let (t3, c) = mac(t3, m, p[2], c);
        let (t4, c) = mac(t4, m, p[3], c);
        let (t5, over) = adc(t[5], c, over);
        let m = t2.wrapping_mul(Self::NEG_INV);
        let (_, c) = mac(t2, m, p[0], 0);
        let (t3, c) = mac(t3, m, p[1], c);
        let (t4, c) = mac(t4, m, p[2], c);
        let (t5, c) = mac(t5, m, p[3], c);
        let (t6, over) = adc(t[6], c, over);
        let m = t3.wrapping_mul(Self::NEG_INV);
        let (_, c) = mac(t3, m, p[0], 0);
        let (t4, c) = mac(t4, m, p[1], c);
        let (t5, c) = mac(t5, m, p[2], c);
        let (t6, c) = mac(t6, m, p[3], c);
        // The quotient is below 2p < 2^255: no carry leaves it.
        let (t7, _) = adc(t[7], c, over);
        [t4, t5, t6, t7]
    }

    /// `x * y / 2^256` modulo p, as some integer below 2p; `x` below p, `y` any 256-bit integer.
    ///
    /// One row of the product and one step of the reduction per limb of `y`. As `x < p < 2^254`, the two carries out
    /// of the top word never overflow their sum, and the running value stays below x + p ("no-carry" form).
    #[inline(always)]
    pub(crate) const fn mul_lazy(x: [u64; 4], y: [u64; 4]) -> [u64; 4] {
        let t = Self::mul_step([0; 4], x, y[0]);
        let t = Self::mul_step(t, x, y[1]);
        let t = Self::mul_step(t, x, y[2]);
        Self::mul_step(t, x, y[3])
    }

    /// `(t + x * word) / 2^64` modulo p.
    #[inline(always)]
    const fn mul_step(t: [u64; 4], x: [u64; 4], word: u64) -> [u64; 4] {
        let p = P::MODULUS;
        let (t0, a) = mac(t[0], x[0], word, 0);
        let (t1, a) = mac(t[1], x[1], word, a);
        let (t2, a) = mac(t[2], x[2], word, a);
        let (t3, a) = mac(t[3], x[3], word, a);
        let m = t0.wrapping_mul(Self::NEG_INV);
        let (_, c) = mac(t0, m, p[0], 0);
        let (t0, c) = mac(t1, m, p[1], c);
        let (t1, c) = mac(t2, m, p[2], c);
        let (t2, c) = mac(t3, m, p[3], c);
        [t0, t1, t2, a + c]
    }

    /// `self * y / 2^256 mod p` for any 256-bit integer `y`, reduced.
    #[inline(always)]
    pub(crate) const fn mul_raw(self, y: [u64; 4]) -> [u64; 4] {
        reduce_rarely(Self::mul_lazy(self.0, y), P::MODULUS)
    }

    /// `self + rhs`.
    #[inline(always)]
    pub(crate) const fn add_const(self, rhs: Self) -> Self {
        Self::from_montgomery(reduce_once(add_limbs(self.0, rhs.0), P::MODULUS))
    }

    /// `self - rhs`.
    #[inline(always)]
    pub(crate) const fn sub_const(self, rhs: Self) -> Self {
        let (r, borrow) = sub_limbs(self.0, rhs.0);
        Self::from_montgomery(add_masked(r, P::MODULUS, borrow))
    }

    /// `-self`.
    #[inline(always)]
    pub(crate) const fn neg_const(self) -> Self {
        Self::ZERO.sub_const(self)
    }

    /// `2 self`.
    #[inline(always)]
    #[must_use]
    pub const fn double(self) -> Self {
        self.add_const(self)
    }

    /// `self * y / 2^256 mod p` for any 256-bit integer `y`, reduced; by the product that is fastest on this machine.
    #[cfg(not(target_arch = "wasm32"))]
    #[inline(always)]
    pub(crate) fn times(self, y: [u64; 4]) -> Self {
        Self::from_montgomery(self.mul_raw(y))
    }

    /// `self * y / 2^256 mod p` for any 256-bit integer `y`, reduced; on limbs whose products fit 64-bit words.
    #[cfg(target_arch = "wasm32")]
    #[inline(never)]
    pub(crate) fn times(self, y: [u64; 4]) -> Self {
        Self::from_montgomery(reduce_rarely(Limbs30::<P>::multiply(self.0, y), P::MODULUS))
    }

    /// `self * self`.
    #[cfg(not(target_arch = "wasm32"))]
    #[inline(always)]
    #[must_use]
    pub fn square(self) -> Self {
        Self::from_montgomery(reduce_rarely(Self::reduce_lazy(wide_square(self.0)), P::MODULUS))
    }

    /// `self * self`.
    #[cfg(target_arch = "wasm32")]
    #[inline(always)]
    #[must_use]
    pub fn square(self) -> Self {
        self.times(self.0)
    }

    /// `self` to the power of an integer given by little-endian limbs.
    #[must_use]
    pub fn pow(self, exponent: &[u64]) -> Self {
        let mut result = Self::ONE;
        let mut started = false;
        for word in exponent.iter().rev() {
            for bit in (0..64).rev() {
                if started {
                    result = result.square();
                }
                if (word >> bit) & 1 == 1 {
                    result *= self;
                    started = true;
                }
            }
        }
        result
    }

    /// The powers 1, self, self^2, … of this element; `count` of them.
    pub fn powers(self, count: usize) -> impl Iterator<Item = Self> {
        core::iter::successors(Some(Self::ONE), move |power| Some(*power * self)).take(count)
    }

    /// Inverts every non-zero element in place and leaves zeros as they are: one inversion and three products an
    /// element. `scratch` is overwritten.
    pub fn batch_invert(values: &mut [Self], scratch: &mut Vec<Self>) {
        scratch.clear();
        let mut product = Self::ONE;
        for value in values.iter().filter(|value| !value.is_zero()) {
            scratch.push(product);
            product *= *value;
        }
        // A product of non-zero elements of a field is not zero.
        let mut inverse = product.invert().unwrap_or(Self::ONE);
        for value in values.iter_mut().rev().filter(|value| !value.is_zero()) {
            if let Some(prefix) = scratch.pop() {
                let next = inverse * *value;
                *value = inverse * prefix;
                inverse = next;
            }
        }
    }
}

impl<P: Params> Add for Fp<P> {
    type Output = Self;
    #[inline(always)]
    fn add(self, rhs: Self) -> Self {
        self.add_const(rhs)
    }
}

impl<P: Params> Sub for Fp<P> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, rhs: Self) -> Self {
        self.sub_const(rhs)
    }
}

impl<P: Params> Mul for Fp<P> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, rhs: Self) -> Self {
        self.times(rhs.0)
    }
}

impl<P: Params> Neg for Fp<P> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.neg_const()
    }
}

impl<P: Params> AddAssign for Fp<P> {
    #[inline(always)]
    fn add_assign(&mut self, rhs: Self) {
        *self = *self + rhs;
    }
}

impl<P: Params> SubAssign for Fp<P> {
    #[inline(always)]
    fn sub_assign(&mut self, rhs: Self) {
        *self = *self - rhs;
    }
}

impl<P: Params> MulAssign for Fp<P> {
    #[inline(always)]
    fn mul_assign(&mut self, rhs: Self) {
        *self = *self * rhs;
    }
}

impl<P: Params> Sum for Fp<P> {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}
