//! The two lanes of a wasm vector.

use core::arch::wasm32::{
    f64x2_relaxed_madd, f64x2_sub, i64x2_add, i64x2_extract_lane, i64x2_gt, i64x2_mul, i64x2_shl, i64x2_sub, u64x2,
    u64x2_shr, u64x2_splat, v128, v128_and, v128_bitselect, v128_or,
};

use super::fma51::Word;

/// One vector of relaxed SIMD.
#[derive(Clone, Copy)]
pub(crate) struct Vector(v128);

impl Word for Vector {
    #[inline(always)]
    fn splat(bits: u64) -> Self {
        Self(u64x2_splat(bits))
    }
    #[inline(always)]
    fn new([a, b]: [u64; 2]) -> Self {
        Self(u64x2(a, b))
    }
    #[inline(always)]
    fn lanes(self) -> [u64; 2] {
        [i64x2_extract_lane::<0>(self.0) as u64, i64x2_extract_lane::<1>(self.0) as u64]
    }
    #[inline(always)]
    fn fused(a: Self, b: Self, c: Self) -> Self {
        Self(f64x2_relaxed_madd(a.0, b.0, c.0))
    }
    #[inline(always)]
    fn sub_f64(self, other: Self) -> Self {
        Self(f64x2_sub(self.0, other.0))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(i64x2_add(self.0, other.0))
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(i64x2_sub(self.0, other.0))
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(i64x2_mul(self.0, other.0))
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(v128_and(self.0, other.0))
    }
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(v128_or(self.0, other.0))
    }
    #[inline(always)]
    fn shl<const BITS: u32>(self) -> Self {
        Self(i64x2_shl(self.0, BITS))
    }
    #[inline(always)]
    fn shr<const BITS: u32>(self) -> Self {
        Self(u64x2_shr(self.0, BITS))
    }
    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        Self(i64x2_gt(self.0, other.0))
    }
    #[inline(always)]
    fn select(self, other: Self, mask: Self) -> Self {
        Self(v128_bitselect(self.0, other.0, mask.0))
    }
}
