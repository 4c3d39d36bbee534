//! Field arithmetic on several independent elements at a time: what the bulk kernels are written in.
//!
//! A kernel is generic over [`Butterfly`] or [`Ring`]; each implementation chooses its own limbs and how far values may
//! grow between reductions. Elements enter and leave reduced, in the storage form of [`Fp`].

pub(crate) mod chord;
#[cfg(any(test, all(target_arch = "wasm32", target_feature = "relaxed-simd")))]
pub(crate) mod fma51;
#[cfg(target_arch = "x86_64")]
mod ifma;
#[cfg(any(test, target_arch = "wasm32"))]
mod limbs30;
mod scalar;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
pub(crate) mod wasm;

use std::sync::OnceLock;

use crate::field::{Fp, Params};

#[cfg(target_arch = "x86_64")]
pub(crate) use ifma::Ifma;
#[cfg(any(test, target_arch = "wasm32"))]
pub(crate) use limbs30::Limbs30;
pub(crate) use scalar::Scalar;

/// Largest number of elements at a time: what [`Lanes::WIDTH`] divides.
pub(crate) const MAX_WIDTH: usize = 8;

/// How bulk kernels compute on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Arithmetic {
    /// One element on four 64-bit words.
    Words64,
    /// One element on nine limbs of 30 bits: wasm32 without fused relaxed SIMD.
    Limbs30,
    /// Two elements on five limbs of 51 bits: wasm32 with fused relaxed SIMD.
    Fma51,
    /// Eight elements on five limbs of 52 bits: x86-64 with AVX-512 IFMA.
    Ifma52,
}

impl Arithmetic {
    /// Its name in lower case, as reports give it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Words64 => "words64",
            Self::Limbs30 => "limbs30",
            Self::Fma51 => "fma51",
            Self::Ifma52 => "ifma52",
        }
    }
}

/// How bulk kernels compute on this machine, found out at the first call. In a build with relaxed SIMD the choice of
/// [`Arithmetic::Limbs30`] means that the machine does not fuse.
pub fn arithmetic() -> Arithmetic {
    static CHOICE: OnceLock<Arithmetic> = OnceLock::new();
    *CHOICE.get_or_init(|| {
        #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
        if fma51::self_check::<wasm::Vector>() {
            return Arithmetic::Fma51;
        }
        #[cfg(target_arch = "x86_64")]
        if ifma::detected() {
            return Arithmetic::Ifma52;
        }
        if cfg!(target_arch = "wasm32") { Arithmetic::Limbs30 } else { Arithmetic::Words64 }
    })
}

/// Calls a function that is generic over lanes of the field of `$params` with those of [`arithmetic`]; `$words` are the
/// lanes of 64-bit words.
macro_rules! with_lanes {
    ($words:ty, $params:ty, $function:ident ( $($argument:expr),* $(,)? )) => {
        match $crate::lanes::arithmetic() {
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            $crate::lanes::Arithmetic::Fma51 => {
                $function::<$crate::lanes::fma51::Fma51<$params, $crate::lanes::wasm::Vector>>($($argument),*)
            }
            #[cfg(target_arch = "wasm32")]
            $crate::lanes::Arithmetic::Limbs30 => $function::<$crate::lanes::Limbs30<$params>>($($argument),*),
            #[cfg(target_arch = "x86_64")]
            $crate::lanes::Arithmetic::Ifma52 => $function::<$crate::lanes::Ifma<$params>>($($argument),*),
            _ => $function::<$words>($($argument),*),
        }
    };
}
pub(crate) use with_lanes;

/// A loop over groups of rows. Browsers compile such a function well, and not what many of them are inlined into; the
/// lanes of processors are to be had by inlining only.
macro_rules! row_loop {
    ($name:ident<$lanes:ident: $bound:path>($($argument:ident: $type:ty),*) $body:block) => {
        #[cfg_attr(target_arch = "wasm32", inline(never))]
        #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
        fn $name<$lanes: $bound>($($argument: $type),*) $body
    };
}
pub(crate) use row_loop;

/// A piece of work to be compiled for the instructions of some lanes: its `run` has to be inlined into what enables
/// them, which is not to be had for a closure.
pub(crate) trait Work {
    /// What the work yields.
    type Output;
    /// Does the work; `#[inline(always)]`, and so is what it calls.
    fn run(self) -> Self::Output;
}

/// `WIDTH` independent elements of one field, modulo p but not necessarily reduced.
pub(crate) trait Lanes<P: Params>: Copy + Send + Sync {
    /// Number of elements; divides [`MAX_WIDTH`].
    const WIDTH: usize;

    /// Runs work on these lanes with the machine's instructions for them enabled.
    #[inline(always)]
    fn enter<W: Work>(work: W) -> W::Output {
        work.run()
    }

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
    /// `self + other`.
    fn add(self, other: Self) -> Self;
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
    fn add(self, other: Self) -> Self {
        self + other
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self - other
    }
}
