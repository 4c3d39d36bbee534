//! The scalar field [`Fr`] and the base field [`Fq`] of BN254 on four 64-bit limbs.
//!
//! A value `a` is stored as `a * 2^256 mod p` (Montgomery form), always below `p`, as in `halo2curves`.

mod convert;
mod limbs;
mod ops;
#[cfg(test)]
mod tests;

pub(crate) use limbs::{add_limbs, mac, pow2_mod, reduce_once, scaled_modulus, shl1, sub_limbs};

use core::{fmt, hash::Hash, marker::PhantomData};

/// A prime modulus; implemented by [`FrParams`] and [`FqParams`] only.
pub trait Params: Copy + Eq + Hash + fmt::Debug + Default + Send + Sync + 'static {
    /// The prime p, 2^253 < p < 2^254, little-endian limbs.
    const MODULUS: [u64; 4];
    /// `halo2curves`' type for the same field.
    type Halo2: halo2curves::ff::PrimeField + halo2curves::serde::SerdeObject;
}

/// Modulus of the scalar field (the order of G1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct FrParams;

impl Params for FrParams {
    const MODULUS: [u64; 4] = [0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029];
    type Halo2 = halo2curves::bn256::Fr;
}

/// Modulus of the base field (coordinates of points).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct FqParams;

impl Params for FqParams {
    const MODULUS: [u64; 4] = [0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029];
    type Halo2 = halo2curves::bn256::Fq;
}

/// An element of the prime field given by `P`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Fp<P: Params>(pub(crate) [u64; 4], PhantomData<P>);

/// The scalar field of BN254, of order
/// 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001.
pub type Fr = Fp<FrParams>;

/// The base field of BN254, of order
/// 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47.
pub type Fq = Fp<FqParams>;

impl<P: Params> Fp<P> {
    /// -p^-1 mod 2^64.
    pub(crate) const NEG_INV: u64 = limbs::neg_inv(P::MODULUS[0]);
    const R: [u64; 4] = pow2_mod(256, P::MODULUS);
    pub(crate) const R2: Self = Self::from_montgomery(pow2_mod(512, P::MODULUS));

    /// The additive identity.
    pub const ZERO: Self = Self::from_montgomery([0; 4]);
    /// The multiplicative identity.
    pub const ONE: Self = Self::from_montgomery(Self::R);

    /// Wraps limbs of `a * 2^256 mod p`, which the caller knows to be below p.
    #[inline(always)]
    pub(crate) const fn from_montgomery(limbs: [u64; 4]) -> Self {
        Self(limbs, PhantomData)
    }

    /// The limbs of `a * 2^256 mod p`, little-endian.
    #[inline(always)]
    pub const fn montgomery_limbs(&self) -> [u64; 4] {
        self.0
    }

    /// Whether this is zero.
    #[inline(always)]
    pub const fn is_zero(&self) -> bool {
        self.0[0] | self.0[1] | self.0[2] | self.0[3] == 0
    }

    /// The element of an integer given by little-endian limbs, reduced modulo p.
    #[inline]
    pub fn from_limbs(limbs: [u64; 4]) -> Self {
        Self::R2.times(limbs)
    }

    /// The integer in 0..p as little-endian limbs.
    #[inline]
    pub fn to_limbs(&self) -> [u64; 4] {
        Self::from_montgomery([1, 0, 0, 0]).times(self.0).0
    }

    /// The element of an unsigned integer.
    #[inline]
    pub fn from_u64(value: u64) -> Self {
        Self::from_limbs([value, 0, 0, 0])
    }

    /// The element of a signed integer: p - |value| where it is negative.
    #[inline]
    pub fn from_i64(value: i64) -> Self {
        Self::R2.times(Self::raw(value).0)
    }

    /// The element whose Montgomery form is the integer itself modulo p: `value / 2^256`.
    #[inline]
    pub(crate) const fn raw(value: i64) -> Self {
        let magnitude = Self::from_montgomery([value.unsigned_abs(), 0, 0, 0]);
        if value < 0 { magnitude.neg_const() } else { magnitude }
    }
}

impl<P: Params> fmt::Debug for Fp<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.to_limbs();
        write!(f, "0x{d:016x}{c:016x}{b:016x}{a:016x}")
    }
}
