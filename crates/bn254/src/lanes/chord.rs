//! What the sums of points through their chords ask of several coordinates at a time.
//!
//! A coordinate lies in memory times the lanes' own Montgomery radix, not that of [`Fq`], as some integer of a range
//! that the lanes choose: their products then need no correction, and what is stored no reduction.

#[cfg(any(test, target_arch = "wasm32"))]
use super::Limbs30;
use super::{Lanes, Ring, with_lanes};
use crate::field::{Fq, FqParams, Params, pow2_mod};

/// A coordinate in memory: words of an integer that is congruent to it times the radix of some lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed(pub(crate) [u64; 4]);

impl Packed {
    pub(crate) const ZERO: Self = Self([0; 4]);
    /// Another value than zero.
    pub(crate) const OTHER: Self = Self([1, 0, 0, 0]);
}

/// Factors between [`Fq`] and [`Packed`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pack: Fq,
    unpack: Fq,
}

impl Form {
    /// That of some lanes.
    pub(crate) const fn of<L: Chord>() -> Self {
        Self { pack: power_of_two(L::RADIX_BITS), unpack: power_of_two(512 - L::RADIX_BITS) }
    }

    /// That of the lanes of this machine.
    pub(crate) fn here() -> Self {
        fn of<L: Chord>() -> Form {
            Form::of::<L>()
        }
        with_lanes!(Fq, FqParams, of())
    }

    /// The integer below p.
    #[inline(always)]
    pub(crate) fn pack(&self, value: Fq) -> Packed {
        Packed((value * self.pack).0)
    }

    /// The element of any integer.
    #[inline(always)]
    pub(crate) fn unpack(&self, packed: Packed) -> Fq {
        self.unpack.times(packed.0)
    }
}

/// The element whose storage form is 2^`bits` modulo p.
const fn power_of_two(bits: u32) -> Fq {
    Fq::from_montgomery(pow2_mod(bits, FqParams::MODULUS))
}

/// Coordinates of `WIDTH` points, in the lanes' form and range. Integers below p are in the range of any lanes.
pub(crate) trait Chord: Lanes<FqParams> {
    /// log2 of the radix.
    const RADIX_BITS: u32;
    /// The inverse of a value in the lanes' form that is read as an element's storage form, times this as a factor, is
    /// the inverse in the lanes' form.
    const INVERSE: Fq = power_of_two(3 * Self::RADIX_BITS - 512);
    /// What is multiplied: a difference, a product, an integer below p.
    type Factor: Copy;

    /// Loads the first `WIDTH` packed coordinates.
    fn unpack(values: &[Packed]) -> Self;
    /// Stores the first `WIDTH` packed coordinates.
    fn pack(self, values: &mut [Packed]);
    /// `self - other` of packed coordinates.
    fn difference(self, other: Self) -> Self::Factor;
    /// `a b`
    fn product(a: Self::Factor, b: Self::Factor) -> Self::Factor;
    /// `slope^2 - x1 - x2`
    fn third_x(slope: Self::Factor, x1: Self, x2: Self) -> Self;
    /// `slope across - y1`
    fn third_y(slope: Self::Factor, across: Self::Factor, y1: Self) -> Self;
    /// The integers below p that the factors are congruent to, as if they were the storage forms of elements.
    fn reduced(factor: Self::Factor, values: &mut [Fq]);
    /// The factors of integers below p.
    fn from_reduced(values: &[Fq]) -> Self::Factor;
}

/// Lanes whose ring operations serve as they are.
macro_rules! chord_of_ring {
    ($lanes:ty, $unpack:expr, $pack:expr) => {
        impl Chord for $lanes {
            const RADIX_BITS: u32 = 256;
            type Factor = Self;

            #[inline(always)]
            fn unpack(values: &[Packed]) -> Self {
                $unpack(values[0].0)
            }

            #[inline(always)]
            fn pack(self, values: &mut [Packed]) {
                values[0] = Packed($pack(self));
            }

            #[inline(always)]
            fn difference(self, other: Self) -> Self {
                Ring::sub(self, other)
            }

            #[inline(always)]
            fn product(a: Self, b: Self) -> Self {
                Ring::mul(a, b)
            }

            #[inline(always)]
            fn third_x(slope: Self, x1: Self, x2: Self) -> Self {
                Ring::sub(Ring::sub(Ring::square(slope), x1), x2)
            }

            #[inline(always)]
            fn third_y(slope: Self, across: Self, y1: Self) -> Self {
                Ring::sub(Ring::mul(slope, across), y1)
            }

            #[inline(always)]
            fn reduced(factor: Self, values: &mut [Fq]) {
                factor.store(values);
            }

            #[inline(always)]
            fn from_reduced(values: &[Fq]) -> Self {
                Self::load(values)
            }
        }
    };
}

chord_of_ring!(Fq, Fq::from_montgomery, |value: Fq| value.0);
#[cfg(any(test, target_arch = "wasm32"))]
chord_of_ring!(Limbs30<FqParams>, Limbs30::from_words, Limbs30::to_words);
