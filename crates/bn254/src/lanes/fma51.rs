//! Two elements at a time on five limbs of 51 bits, by fused multiply-add of doubles.
//!
//! For integers a, b >= 0 with a b <= 2^103, held as doubles, and the constants c1 = 2^103, c2 = 2^103 + 3 * 2^51:
//! `hi = fma(a, b, c1)` rounds a b to a multiple h of 2^51, and h is the difference of the bit patterns of hi and c1;
//! `lo = fma(a, b, c2 - hi)` is 3 * 2^51 plus the exact remainder a b - 2^51 h, of magnitude at most 2^50. Bit patterns
//! are added as integers. Against the pattern of 2^52 the remainder counts 2^51 too much, which keeps every column of a
//! product positive (so that logical shifts carry) and is taken from the next column.
//!
//! The product divides by 2^255 limb by limb and by 2 in a last step, so that elements stay in the storage form and are
//! below 2p for a b <= 4 p^2. Transforms and sums of points do without that step, see [`signed`].

mod signed;

use core::marker::PhantomData;

use super::{Lanes, Ring};
use crate::field::{Fp, Fr, FrParams, Params, scaled_modulus, shl1};

/// Two 64-bit lanes, as integers or as doubles.
pub(crate) trait Word: Copy + Send + Sync {
    /// The same bits in both lanes.
    fn splat(bits: u64) -> Self;
    /// The two lanes.
    fn new(lanes: [u64; 2]) -> Self;
    /// The two lanes.
    fn lanes(self) -> [u64; 2];
    /// a * b + c of doubles with one rounding, if the machine fuses.
    fn fused(a: Self, b: Self, c: Self) -> Self;
    /// Difference of doubles.
    fn sub_f64(self, other: Self) -> Self;
    /// Sum of integers.
    fn add(self, other: Self) -> Self;
    /// Difference of integers.
    fn sub(self, other: Self) -> Self;
    /// Product of integers modulo 2^64.
    fn mul(self, other: Self) -> Self;
    /// Bitwise and.
    fn and(self, other: Self) -> Self;
    /// Bitwise or.
    fn or(self, other: Self) -> Self;
    /// Left shift of integers.
    fn shl<const BITS: u32>(self) -> Self;
    /// Logical right shift of integers.
    fn shr<const BITS: u32>(self) -> Self;
    /// All bits where the signed integer is greater than the other's.
    fn greater(self, other: Self) -> Self;
    /// Bits of `self` where the mask is set, of `other` where it is not.
    fn select(self, other: Self, mask: Self) -> Self;
}

const BITS: u32 = 51;
const MASK: u64 = (1 << BITS) - 1;
/// What the highest column of a product counts too much.
const EXCESS: u64 = 4;

const C1: f64 = (1u128 << 103) as f64;
const C2: f64 = ((1u128 << 103) + (3u128 << 51)) as f64;
/// What a high part's pattern exceeds the part by, and the 2^51 that the low part left in its column too much.
const HIGH: u64 = C1.to_bits().wrapping_add(1);
/// What a low part's pattern exceeds the remainder + 2^51 by.
const LOW: u64 = ((1u64 << 52) as f64).to_bits();

const fn split(x: [u64; 4]) -> [u64; 5] {
    [
        x[0] & MASK,
        ((x[0] >> 51) | (x[1] << 13)) & MASK,
        ((x[1] >> 38) | (x[2] << 26)) & MASK,
        ((x[2] >> 25) | (x[3] << 39)) & MASK,
        x[3] >> 12,
    ]
}

/// Two elements as integers; limbs below 2^51, the highest signed. In a [`Ring`] in 0..2p; what transforms and sums of
/// points do with signs is said in [`signed`].
#[derive(Clone, Copy)]
pub(crate) struct Fma51<P, W> {
    limbs: [W; 5],
    params: PhantomData<P>,
}

impl<P: Params, W: Word> Fma51<P, W> {
    const P1: [u64; 5] = split(P::MODULUS);
    const P2: [u64; 5] = split(shl1(P::MODULUS));
    /// -p^-1 mod 2^51.
    const MU: u64 = Fp::<P>::NEG_INV & MASK;
    /// (p mu + 1) / 2^51, for the mu of [`Self::MU`].
    const SCALED: [u64; 5] = split(scaled_modulus(P::MODULUS, Self::MU, BITS));

    #[inline(always)]
    fn new(limbs: [W; 5]) -> Self {
        Self { limbs, params: PhantomData }
    }

    /// Of two 256-bit integers.
    #[inline(always)]
    fn from_words(a: &[u64; 4], b: &[u64; 4]) -> Self {
        let x: [W; 4] = core::array::from_fn(|i| W::new([a[i], b[i]]));
        let mask = W::splat(MASK);
        Self::new([
            x[0].and(mask),
            x[0].shr::<51>().or(x[1].shl::<13>()).and(mask),
            x[1].shr::<38>().or(x[2].shl::<26>()).and(mask),
            x[2].shr::<25>().or(x[3].shl::<39>()).and(mask),
            x[3].shr::<12>(),
        ])
    }

    /// The integers, of limbs that are carried and below 2^256.
    #[inline(always)]
    fn to_words(self) -> [[u64; 4]; 2] {
        let x = self.limbs;
        let packed = [
            x[0].or(x[1].shl::<51>()),
            x[1].shr::<13>().or(x[2].shl::<38>()),
            x[2].shr::<26>().or(x[3].shl::<25>()),
            x[3].shr::<39>().or(x[4].shl::<12>()),
        ]
        .map(W::lanes);
        [packed.map(|lanes| lanes[0]), packed.map(|lanes| lanes[1])]
    }

    #[inline(always)]
    fn doubles(self) -> [W; 5] {
        self.limbs.map(to_f64)
    }

    /// Half of the columns, after adding p to what is odd; carried. The highest column counts `excess` too much.
    #[inline(always)]
    fn halve(columns: [W; 5], excess: u64) -> Self {
        let one = W::splat(1);
        let odd = W::splat(0).sub(columns[0].and(one));
        let even: [W; 5] = core::array::from_fn(|i| columns[i].add(W::splat(Self::P1[i]).and(odd)));
        Self::carry(core::array::from_fn(|i| {
            let half = even[i].shr::<1>();
            if i < 4 { half.add(even[i + 1].and(one).shl::<50>()) } else { half.sub(W::splat(excess / 2)) }
        }))
    }

    /// Carries from limb to limb; all limbs non-negative, or made so by the carry into them.
    #[inline(always)]
    fn carry(mut limbs: [W; 5]) -> Self {
        let mask = W::splat(MASK);
        for i in 0..4 {
            limbs[i + 1] = limbs[i + 1].add(limbs[i].shr::<BITS>());
            limbs[i] = limbs[i].and(mask);
        }
        Self::new(limbs)
    }

    /// The ten columns of a product divided by 2^256 modulo p; see [`start`] for their constants.
    ///
    /// The lowest 51 bits m of a column vanish with m times p mu, which is -1 modulo 2^51: what that leaves to the
    /// columns above is m (p mu + 1) / 2^51. In the first four columns this adds up to less than p mu / 2^51 of the
    /// quotient, below 3/8 p; the fifth takes a multiple of p itself, for another p. With a b <= 4 p^2 and p / 2^255 <
    /// 0.3782 the quotient by 2^255 is below 2.89 p, and half of it, or of it and p, below 1.95 p.
    #[inline(always)]
    fn reduce(mut t: [W; 10]) -> Self {
        const { assert!(Self::MU < 3 << 48, "p mu is too large for four columns") };
        let mask = W::splat(MASK);
        let scaled = Self::SCALED.map(|limb| W::splat((limb as f64).to_bits()));
        for i in 0..4 {
            let m = to_f64(t[i].and(mask));
            t[i + 1] = t[i + 1].add(t[i].shr::<BITS>());
            for (j, limb) in scaled.iter().enumerate() {
                let (high, low) = product(m, *limb);
                t[i + j + 1] = t[i + j + 1].add(low);
                t[i + j + 2] = t[i + j + 2].add(high);
            }
        }
        let m = to_f64(t[4].mul(W::splat(Self::MU)).and(mask));
        for (j, limb) in Self::P1.iter().enumerate() {
            let (high, low) = product(m, W::splat((*limb as f64).to_bits()));
            t[4 + j] = t[4 + j].add(low);
            t[5 + j] = t[5 + j].add(high);
        }
        // This column was left without the share of its last low part.
        t[5] = t[5].add(t[4].sub(W::splat(LOW)).shr::<BITS>());
        Self::halve([t[5], t[6], t[7], t[8], t[9]], EXCESS)
    }

    /// The product of limbs given as doubles.
    #[inline(always)]
    fn mul_doubles(a: [W; 5], b: [W; 5]) -> Self {
        Self::reduce(products(product, a, b, |column| start(column, false)))
    }

    /// `self - p` where that is not negative; exact.
    #[inline(always)]
    fn subtract_modulus(self) -> Self {
        // 2^255 - p more than the value: bit 51 of the top limb tells.
        let complement = |i: usize| (if i == 0 { 1 << BITS } else { MASK }) - Self::P1[i];
        let difference = Self::carry(core::array::from_fn(|i| self.limbs[i].add(W::splat(complement(i)))));
        let top = difference.limbs[4];
        let kept = W::splat(0).sub(top.shr::<BITS>());
        let mut limbs = core::array::from_fn(|i| difference.limbs[i].select(self.limbs[i], kept));
        limbs[4] = top.and(W::splat(MASK)).select(self.limbs[4], kept);
        Self::new(limbs)
    }
}

/// Limb `i` of a constant, with 2^51 lent to each limb but the top and repaid by the next.
#[inline(always)]
fn lent<W: Word>(limb: u64, i: usize) -> W {
    let lent = if i < 4 { limb.wrapping_add(1 << BITS) } else { limb };
    W::splat(if i > 0 { lent.wrapping_sub(1) } else { lent })
}

/// Low parts in a column of a 5 by 5 product, as many as high parts in the next.
const fn parts(column: usize) -> u64 {
    if column < 5 { column as u64 + 1 } else { 9 - column as u64 }
}

/// Low parts that the first four steps of a reduction bring to a column, as many as high parts to the next: five each,
/// from the column after their own.
const fn reducing_parts(column: usize) -> u64 {
    let (mut parts, mut step) = (0, 0);
    while step < 4 {
        parts += (step < column && column <= step + 5) as u64;
        step += 1;
    }
    parts
}

/// What the low and high parts of a product (or square) and its reduction bring to a column, for what one of each
/// brings; without the low part that makes column 4 vanish in the reduction's last step. In a square one product of
/// doubled limbs stands for two.
const fn constants(column: usize, square: bool, low: u64, high: u64) -> u64 {
    const fn both(column: usize, square: bool) -> u64 {
        parts(column) - if square { parts(column) / 2 } else { 0 } + reducing_parts(column)
    }
    let lows = both(column, square) + (column > 4 && column < 9) as u64;
    let highs = if column == 0 { 0 } else { both(column - 1, square) + (column > 4) as u64 };
    lows.wrapping_mul(low).wrapping_add(highs.wrapping_mul(high))
}

/// Start of a column: minus all constants that its parts will bring. Column 4 lacks one low part's, which
/// [`Fma51::reduce`] takes off when the column is complete. The last column consists of high parts only, which may
/// count -1 each before the carry into it arrives; [`EXCESS`] keeps it positive.
const fn start(column: usize, square: bool) -> u64 {
    let bias = if column == 9 { EXCESS } else { 0 };
    bias.wrapping_sub(constants(column, square, LOW, HIGH))
}

/// The columns of a product: `parts` gives the high and low part of a product of limbs, `start` what a column starts
/// with.
#[inline(always)]
fn products<W: Word>(parts: impl Fn(W, W) -> (W, W), a: [W; 5], b: [W; 5], start: impl Fn(usize) -> u64) -> [W; 10] {
    let mut t: [W; 10] = core::array::from_fn(|column| W::splat(start(column)));
    for (i, a) in a.into_iter().enumerate() {
        for (j, b) in b.into_iter().enumerate() {
            let (high, low) = parts(a, b);
            t[i + j] = t[i + j].add(low);
            t[i + j + 1] = t[i + j + 1].add(high);
        }
    }
    t
}

/// The same of a square, by limbs and doubled limbs.
#[inline(always)]
fn squares<W: Word>(parts: impl Fn(W, W) -> (W, W), a: [W; 5], twice: [W; 5], start: impl Fn(usize) -> u64) -> [W; 10] {
    let mut t: [W; 10] = core::array::from_fn(|column| W::splat(start(column)));
    for i in 0..5 {
        for j in i..5 {
            let (high, low) = parts(a[i], if i == j { a[j] } else { twice[j] });
            t[i + j] = t[i + j].add(low);
            t[i + j + 1] = t[i + j + 1].add(high);
        }
    }
    t
}

/// Integers in 0..2^52 to doubles.
#[inline(always)]
fn to_f64<W: Word>(x: W) -> W {
    const TWO_52: u64 = ((1u64 << 52) as f64).to_bits();
    x.or(W::splat(TWO_52)).sub_f64(W::splat(TWO_52))
}

/// Bit patterns of the high and low part of a product.
#[inline(always)]
fn product<W: Word>(a: W, b: W) -> (W, W) {
    let high = W::fused(a, b, W::splat(C1.to_bits()));
    let low = W::fused(a, b, W::splat(C2.to_bits()).sub_f64(high));
    (high, low)
}

/// Whether products of this kind of word are right: they are not where the multiply-add is not fused.
pub(crate) fn self_check<W: Word>() -> bool {
    // Powers of an element with limbs of all kinds; an unfused product loses the low half of almost every partial one.
    let base = Fr::from_u64(7).pow(&[u64::MAX, 1]);
    let values: Vec<Fr> = base.powers(32).chain([-Fr::ONE, Fr::ZERO, -Fr::from_u64(2), base]).collect();
    values.chunks_exact(2).zip(values.windows(2).rev()).all(|(a, b)| {
        let (x, y) = (Fma51::<FrParams, W>::load(a), Fma51::<FrParams, W>::load(b));
        let (mut product, mut square) = ([Fr::ZERO; 2], [Fr::ZERO; 2]);
        x.mul(y).store(&mut product);
        x.square().store(&mut square);
        product == [a[0] * b[0], a[1] * b[1]] && square == [a[0].square(), a[1].square()]
    })
}

const fn negated(limbs: [u64; 5]) -> [u64; 5] {
    let mut result = limbs;
    let mut i = 0;
    while i < 5 {
        result[i] = limbs[i].wrapping_neg();
        i += 1;
    }
    result
}

impl<P: Params, W: Word> Lanes<P> for Fma51<P, W> {
    const WIDTH: usize = 2;

    #[inline(always)]
    fn load(values: &[Fp<P>]) -> Self {
        Self::from_words(&values[0].0, &values[1].0)
    }

    /// From -2.9 p to 3p.
    #[inline(always)]
    fn store(self, values: &mut [Fp<P>]) {
        // 2p where it is negative, then p where it still is, by the top limb; from then on exactly.
        let mut limbs = self.limbs;
        for multiple in [Self::P2, Self::P1] {
            let negative = W::splat(0).greater(limbs[4]);
            limbs = core::array::from_fn(|i| limbs[i].add(W::splat(multiple[i]).and(negative)));
        }
        let words = Self::carry(limbs).subtract_modulus().subtract_modulus().to_words();
        for (value, words) in values.iter_mut().zip(words) {
            *value = Fp::from_montgomery(words);
        }
    }
}

impl<P: Params, W: Word> Ring<P> for Fma51<P, W> {
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self::mul_doubles(self.doubles(), other.doubles())
    }

    #[inline(always)]
    fn square(self) -> Self {
        let a = self.doubles();
        // Twice a limb is below 2^52: the highest limb of a value below 2^255 is below 2^51.
        let twice = self.limbs.map(|limb| to_f64(limb.add(limb)));
        Self::reduce(squares(product, a, twice, |column| start(column, true)))
    }

    /// Judged by the top limb before the carry into it, of at most 1: subtracts 2p where it is greater than that of 2p,
    /// p where it is equal or one less and the sum within 2^205 of 2p. All operands and results below 2p.
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let sum: [W; 5] = core::array::from_fn(|i| self.limbs[i].add(other.limbs[i]));
        let greater = sum[4].greater(W::splat(Self::P2[4]));
        let near = sum[4].greater(W::splat(Self::P2[4] - 2));
        let (p1, p2) = (negated(Self::P1), negated(Self::P2));
        Self::carry(core::array::from_fn(|i| {
            let less = lent::<W>(p1[i], i).select(lent(0, i), near);
            sum[i].add(lent::<W>(p2[i], i).select(less, greater))
        }))
    }

    /// Judged by the top limbs: adds nothing where that of `self` is greater, 2p where it is less, and p where they are
    /// equal and the sign of the difference, of magnitude below 2^204, is open. All operands and results below 2p.
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let (top, other_top) = (self.limbs[4], other.limbs[4]);
        let (greater, less) = (top.greater(other_top), other_top.greater(top));
        Self::carry(core::array::from_fn(|i| {
            let added = lent::<W>(Self::P2[i], i).select(lent(Self::P1[i], i), less);
            self.limbs[i].sub(other.limbs[i]).add(lent::<W>(0, i).select(added, greater))
        }))
    }
}
