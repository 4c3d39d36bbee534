//! Values with signs on the same limbs, for transforms and sums of points: a difference keeps its sign, and no product
//! is corrected.
//!
//! With c1 = 3 * 2^102 and c2 = c1 + 3 * 2^51 the high and low parts of a b come out as in the parent module for all
//! |a b| <= 2^102, and count nothing too much. A product is divided by 2^255 with digits of magnitude at most 2^50,
//! which leaves it at most 0.3782 a b / p + 0.63 p in magnitude: p / 2^255 < 0.3782, p / 2 from the fifth digit, p mu /
//! 2^52 from the others.
//!
//! *Sums of points.* Packed coordinates are in 0..1.1 p, and then no factor exceeds 1.1 p:
//!
//! | | bounds, in p |
//! |---|---|
//! | a difference of coordinates | 1.1 |
//! | a difference, or a factor below 1.1, times a factor below 1.1 | 0.3782 * 1.1 * 1.1 + 0.63 = 1.09 |
//! | slope^2 - x1 - x2 | -0.63 - 2.2 = -2.83 to 0.3782 * 1.1 * 1.1 + 0.63 = 1.09 |
//! | slope (x1 - x3) - y1 | -1.09 - 1.1 = -2.19 to 1.09 |
//!
//! The last two get 2p where they are below -0.9 p, then p where they are below p / 16, which brings them into p / 16
//! to 1.1 p.
//!
//! *Butterflies.* Factors are halved, so that dividing by 2^255 keeps the storage form. Values are of magnitude at most
//! 2.63 p: one is brought to at most p by adding or subtracting 2p, and one times a factor below p is at most
//! 0.3782 * 2.63 + 0.63 < 1.63 p.
//!
//! Top limbs judge what is added, 2^-40 p from the truth.

use super::{BITS, C1, Fma51, LOW, MASK, Word, constants, products, squares};
use crate::field::{Fp, Fq, FqParams, Params};
use crate::lanes::chord::{Chord, Packed};
use crate::lanes::{Butterfly, Lanes};

const C1_SIGNED: f64 = 1.5 * C1;
const C2_SIGNED: f64 = C1_SIGNED + ROUND;
/// The pattern of a number of magnitude below 2^51 added to it is that of their sum.
const ROUND: f64 = (3u64 << 51) as f64;
/// What a high part's pattern exceeds the part by.
const HIGH: u64 = C1_SIGNED.to_bits();
/// What a low part's pattern exceeds the part by.
const LOW_SIGNED: u64 = ROUND.to_bits();
/// Half of a limb.
const HALF: u64 = 1 << (BITS - 1);
/// What keeps a column of a product positive, so that logical shifts carry; a multiple of a limb.
const BIAS: u64 = 1 << 57;

/// Five limbs as doubles, of magnitude at most 2^51.
#[derive(Clone, Copy)]
pub(crate) struct Signed<W>([W; 5]);

/// Integers of magnitude below 2^51 to doubles.
#[inline(always)]
fn to_f64<W: Word>(x: W) -> W {
    x.add(W::splat(LOW_SIGNED)).sub_f64(W::splat(LOW_SIGNED))
}

/// Integers in 0..2^51 to doubles, less `offset`.
#[inline(always)]
fn to_f64_less<W: Word>(x: W, offset: u64) -> W {
    x.or(W::splat(LOW)).sub_f64(W::splat(((1u64 << 52) as f64 + offset as f64).to_bits()))
}

/// Bit patterns of the high and low part of a product.
#[inline(always)]
fn product<W: Word>(a: W, b: W) -> (W, W) {
    let high = high(a, b);
    (high, low(a, b, high))
}

#[inline(always)]
fn high<W: Word>(a: W, b: W) -> W {
    W::fused(a, b, W::splat(C1_SIGNED.to_bits()))
}

#[inline(always)]
fn low<W: Word>(a: W, b: W, high: W) -> W {
    W::fused(a, b, W::splat(C2_SIGNED.to_bits()).sub_f64(high))
}

/// Limb `i` of zero, with 2^57 lent to each limb but the top and repaid by the next.
const fn bias(i: usize) -> u64 {
    let (lent, repaid) = (if i < 4 { BIAS } else { 0 }, if i > 0 { BIAS >> BITS } else { 0 });
    lent.wrapping_sub(repaid)
}

/// Start of a column: minus all constants that its parts will bring, and biases. Columns 0 to 4 are rounded to the
/// nearest limb when they are carried, for which column 4 lacks a low part. `rest` is added to columns 5 to 8.
const fn start(column: usize, square: bool, rest: u64) -> u64 {
    let bias = match column {
        0..5 => BIAS + HALF - 1,
        5..9 => BIAS + rest,
        _ => 0,
    };
    let repaid = if column == 0 { 0 } else { BIAS >> BITS };
    bias.wrapping_sub(repaid).wrapping_sub(constants(column, square, LOW_SIGNED, HIGH))
}

impl<P: Params, W: Word> Fma51<P, W> {
    /// The upper columns of a product, as [`Self::divided`] leaves them.
    #[inline(always)]
    fn quotient(a: Signed<W>, b: Signed<W>, rest: u64) -> [W; 5] {
        Self::divided(products(product, a.0, b.0, |column| start(column, false, rest)))
    }

    /// The upper columns after dividing by 2^255, not carried; as [`Self::reduce`] does it, with signed digits.
    ///
    /// A column is 2^51 q + s with s in -(2^50 - 1)..=2^50. Of the first four, s is taken off and q carried. The fifth
    /// gets m p, whose lowest part l ends the column: l = -s but for s = 2^50. Then m and l are 2^50 or its opposite,
    /// as rounding to even has it, which for l comes out negative whether p is 1 or 3 modulo 4. So again q is carried,
    /// and l need not be computed.
    #[inline(always)]
    fn divided(mut t: [W; 10]) -> [W; 5] {
        const { assert!(Self::MU < (26 << 51) / 100, "p mu is too large for four columns") };
        let doubles = |limbs: [u64; 5]| limbs.map(|limb| W::splat((limb as f64).to_bits()));
        let (scaled, p) = (doubles(Self::SCALED), doubles(Self::P1));
        for i in 0..4 {
            let s = to_f64_less(t[i].and(W::splat(MASK)), HALF - 1);
            t[i + 1] = t[i + 1].add(t[i].shr::<BITS>());
            for (j, limb) in scaled.iter().enumerate() {
                let (high, low) = product(s, *limb);
                t[i + j + 1] = t[i + j + 1].add(low);
                t[i + j + 2] = t[i + j + 2].add(high);
            }
        }
        let mu = W::splat((Self::MU as f64).to_bits());
        let s = to_f64_less(t[4].and(W::splat(MASK)), HALF - 1);
        let m = low(s, mu, high(s, mu)).sub_f64(W::splat(ROUND.to_bits()));
        t[5] = t[5].add(t[4].shr::<BITS>()).add(high(m, p[0]));
        for j in 1..5 {
            let (high, low) = product(m, p[j]);
            t[4 + j] = t[4 + j].add(low);
            t[5 + j] = t[5 + j].add(high);
        }
        [t[5], t[6], t[7], t[8], t[9]]
    }

    /// Carries limbs of magnitude below 2^57.
    #[inline(always)]
    fn carry_signed(limbs: [W; 5]) -> Self {
        Self::carry(core::array::from_fn(|i| limbs[i].add(W::splat(bias(i)))))
    }

    /// As doubles.
    #[inline(always)]
    fn signed(self) -> [W; 5] {
        let limbs = self.limbs;
        core::array::from_fn(|i| if i < 4 { to_f64_less(limbs[i], 0) } else { to_f64(limbs[i]) })
    }

    /// The columns of the product with a halved factor, not carried.
    #[inline(always)]
    fn scaled(self, factor: Signed<W>) -> [W; 5] {
        Self::quotient(factor, Signed(self.signed()), 0)
    }

    /// Brought to a magnitude of at most p; not carried.
    #[inline(always)]
    fn near(self) -> [W; 5] {
        let above = self.limbs[4].greater(W::splat(Self::P1[4]));
        let below = W::splat(Self::P1[4].wrapping_neg()).greater(self.limbs[4]);
        core::array::from_fn(|i| {
            let twice = W::splat(Self::P2[i]);
            self.limbs[i].add(twice.and(below)).sub(twice.and(above))
        })
    }

    /// A value between -2.83 p and 1.09 p brought between p / 16 and 1.1 p; carried.
    #[inline(always)]
    fn into_range(mut t: [W; 5]) -> Self {
        let below = W::splat((Self::P1[4] / 10 * 9).wrapping_neg()).greater(t[4]);
        for (limb, p) in t.iter_mut().zip(Self::P2) {
            *limb = limb.add(W::splat(p).and(below));
        }
        let below = W::splat(Self::P1[4] / 16).greater(t[4]);
        for (limb, p) in t.iter_mut().zip(Self::P1) {
            *limb = limb.add(W::splat(p).and(below));
        }
        Self::carry(t)
    }
}

impl<W: Word> Chord for Fma51<FqParams, W> {
    const RADIX_BITS: u32 = 255;
    type Factor = Signed<W>;

    #[inline(always)]
    fn unpack(values: &[Packed]) -> Self {
        Self::from_words(&values[0].0, &values[1].0)
    }

    #[inline(always)]
    fn pack(self, values: &mut [Packed]) {
        for (value, words) in values.iter_mut().zip(self.to_words()) {
            *value = Packed(words);
        }
    }

    #[inline(always)]
    fn difference(self, other: Self) -> Signed<W> {
        Signed(core::array::from_fn(|i| to_f64(self.limbs[i].sub(other.limbs[i]))))
    }

    /// Limbs of magnitude at most 2^50.
    #[inline(always)]
    fn product(a: Signed<W>, b: Signed<W>) -> Signed<W> {
        let limbs = Self::carry(Self::quotient(a, b, HALF)).limbs;
        Signed(core::array::from_fn(|i| if i < 4 { to_f64_less(limbs[i], HALF) } else { to_f64(limbs[i]) }))
    }

    /// The slope is a product, so that twice a limb is at most 2^51.
    #[inline(always)]
    fn third_x(slope: Signed<W>, x1: Self, x2: Self) -> Self {
        let twice = slope.0.map(|limb| W::fused(limb, W::splat(2f64.to_bits()), W::splat(0)));
        let square = Self::divided(squares(product, slope.0, twice, |column| start(column, true, 0)));
        Self::into_range(core::array::from_fn(|i| square[i].sub(x1.limbs[i]).sub(x2.limbs[i])))
    }

    #[inline(always)]
    fn third_y(slope: Signed<W>, across: Signed<W>, y1: Self) -> Self {
        let product = Self::quotient(slope, across, 0);
        Self::into_range(core::array::from_fn(|i| product[i].sub(y1.limbs[i])))
    }

    #[inline(always)]
    fn reduced(factor: Signed<W>, values: &mut [Fq]) {
        let integer = |x: W| W::fused(x, W::splat(1f64.to_bits()), W::splat(LOW_SIGNED)).sub(W::splat(LOW_SIGNED));
        Self::carry_signed(factor.0.map(integer)).store(values);
    }

    #[inline(always)]
    fn from_reduced(values: &[Fq]) -> Signed<W> {
        Signed(Self::load(values).doubles())
    }
}

impl<P: Params, W: Word> Butterfly<P> for Fma51<P, W> {
    /// Half of an element, below p.
    type Factor = Signed<W>;

    #[inline(always)]
    fn factors(values: &[Fp<P>]) -> Signed<W> {
        Signed(Self::halve(Self::load(values).limbs, 0).signed())
    }

    #[inline(always)]
    fn factor(value: Fp<P>) -> Signed<W> {
        Self::factors(&[value; 2])
    }

    #[inline(always)]
    fn scale(self, factor: Signed<W>) -> Self {
        Self::carry(self.scaled(factor))
    }

    #[inline(always)]
    fn sum_difference(self, other: Self) -> (Self, Self) {
        let (near, other) = (self.near(), other.limbs);
        let sum = core::array::from_fn(|i| near[i].add(other[i]));
        let difference = core::array::from_fn(|i| near[i].sub(other[i]));
        (Self::carry_signed(sum), Self::carry_signed(difference))
    }

    #[inline(always)]
    fn butterfly(self, other: Self, factor: Signed<W>) -> (Self, Self) {
        let (near, scaled) = (self.near(), other.scaled(factor));
        // The columns contain `bias` once; so do they here after being subtracted.
        let sum = core::array::from_fn(|i| near[i].add(scaled[i]));
        let difference = core::array::from_fn(|i| near[i].sub(scaled[i]).add(W::splat(bias(i).wrapping_mul(2))));
        (Self::carry(sum), Self::carry(difference))
    }
}
