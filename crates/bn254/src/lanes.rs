//! Field arithmetic on several independent elements at a time: what the bulk kernels are written in.
//!
//! A kernel is generic over [`Butterfly`] or [`Ring`]; each implementation chooses its own limbs and how far values may
//! grow between reductions. Elements enter and leave reduced, in the storage form of [`Fp`].

mod scalar;

use crate::field::{Fp, Params};

pub(crate) use scalar::Scalar;

/// `WIDTH` independent elements of one field, modulo p but not necessarily reduced.
pub(crate) trait Lanes<P: Params>: Copy + Send + Sync {
    /// Number of elements; divides 8.
    const WIDTH: usize;

    /// Loads the first `WIDTH` elements of a slice that has at least as many.
    fn load(values: &[Fp<P>]) -> Self;
    /// Reduces and stores to the first `WIDTH` elements of a slice that has at least as many.
    fn store(self, values: &mut [Fp<P>]);
}

/// What a transform does with elements. Values may grow with each butterfly; the implementation bounds them.
pub(crate) trait Butterfly<P: Params>: Lanes<P> {
    /// A multiplier prepared for [`Self::butterfly`] and [`Self::scale`].
    type Factor: Copy + Send + Sync;

    /// The prepared form of the first `WIDTH` elements.
    fn factors(values: &[Fp<P>]) -> Self::Factor;
    /// The prepared form of one element in all lanes.
    fn factor(value: Fp<P>) -> Self::Factor;
    /// `self * factor`.
    fn scale(self, factor: Self::Factor) -> Self;
    /// `(self + other, self - other)` for an `other` that was just loaded or scaled.
    fn sum_difference(self, other: Self) -> (Self, Self);
    /// `(self + factor * other, self - factor * other)`; at most 8 butterflies between a load and a store.
    #[inline(always)]
    fn butterfly(self, other: Self, factor: Self::Factor) -> (Self, Self) {
        self.sum_difference(other.scale(factor))
    }
}

/// Ring operations that may follow each other in any order.
pub(crate) trait Ring<P: Params>: Lanes<P> {
    /// `self * other`.
    fn mul(self, other: Self) -> Self;
    /// `self * self`.
    fn square(self) -> Self;
    /// `self - other`.
    fn sub(self, other: Self) -> Self;
}

impl<P: Params> Lanes<P> for Fp<P> {
    const WIDTH: usize = 1;

    #[inline(always)]
    fn load(values: &[Self]) -> Self {
        values[0]
    }

    #[inline(always)]
    fn store(self, values: &mut [Self]) {
        values[0] = self;
    }
}

impl<P: Params> Ring<P> for Fp<P> {
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self * other
    }

    #[inline(always)]
    fn square(self) -> Self {
        Self::square(self)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self - other
    }
}
