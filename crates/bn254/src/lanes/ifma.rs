//! Eight elements at a time on five limbs of 52 bits, by the AVX-512 IFMA multiply-add of integers.
//!
//! A product is reduced by 2^260; one factor enters multiplied by 16, so that elements stay in the storage form and a b
//! / 2^256 + 1.2 p is below 2p for a b <= 4 p^2. The instruction reads 52 bits of each operand, whatever stands above.
//! Which element is in which lane is the loads' and stores' own affair, the same for all of them.
#![expect(unsafe_code, reason = "vector instructions; this module is used where `detected` holds")]

use core::arch::x86_64::*;
use core::marker::PhantomData;

use super::chord::{Chord, Packed};
use super::{Butterfly, Lanes, Ring, Work};
use crate::field::{Fp, Fq, FqParams, Params, scaled_modulus, shl1};

const BITS: u32 = 52;
const MASK: u64 = (1 << BITS) - 1;

type Limbs = [__m512i; 5];

/// Whether this machine has the instructions.
pub(crate) fn detected() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma")
}

/// Eight elements; limbs below 2^52. In a [`Ring`] below 2p, in a transform below 4p + 2^210.
#[derive(Clone, Copy)]
pub(crate) struct Ifma<P> {
    limbs: Limbs,
    params: PhantomData<P>,
}

/// A factor of a product: sixteen times a multiplier below p, or what [`Chord`] multiplies.
#[derive(Clone, Copy)]
pub(crate) struct Factor52(Limbs);

const fn split(x: [u64; 4]) -> [u64; 5] {
    [
        x[0] & MASK,
        ((x[0] >> 52) | (x[1] << 12)) & MASK,
        ((x[1] >> 40) | (x[2] << 24)) & MASK,
        ((x[2] >> 28) | (x[3] << 36)) & MASK,
        x[3] >> 16,
    ]
}

/// The operations, compiled with the features; those on lanes have the meaning of the trait methods that call them.
#[derive(Clone, Copy)]
struct Kernel<P>(PhantomData<P>);

impl<P: Params> Kernel<P> {
    const P1: [u64; 5] = split(P::MODULUS);
    const P2: [u64; 5] = split(shl1(P::MODULUS));
    /// -p^-1 mod 2^52.
    const MU: u64 = Fp::<P>::NEG_INV & MASK;
    /// (p mu + 1) / 2^52, for the mu of [`Self::MU`].
    const SCALED: [u64; 5] = split(scaled_modulus(P::MODULUS, Self::MU, BITS));

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn splat(x: u64) -> __m512i {
        _mm512_set1_epi64(x as i64)
    }

    /// Carries signed limbs; the total is not negative, or the top limb of the result is.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn carry(mut limbs: Limbs) -> Limbs {
        for i in 0..4 {
            limbs[i + 1] = _mm512_add_epi64(limbs[i + 1], _mm512_srai_epi64::<BITS>(limbs[i]));
            limbs[i] = _mm512_and_si512(limbs[i], Self::splat(MASK));
        }
        limbs
    }

    /// Sixteen times a value below 2^256; limbs with bits above the 52nd, which products ignore.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn times_16(x: Limbs) -> Limbs {
        let mut result = x.map(|limb| _mm512_slli_epi64::<4>(limb));
        for i in 1..5 {
            result[i] = _mm512_or_si512(result[i], _mm512_srli_epi64::<48>(x[i - 1]));
        }
        result
    }

    /// `a * b / 2^260` modulo p: below a b / 2^260 + 1.2 p.
    ///
    /// A column's lowest 52 bits vanish with that many times p mu, which is -1 modulo 2^52; the instruction takes them
    /// out of the column by itself. In the first four columns this adds up to less than p mu / 2^52 of the quotient;
    /// the fifth takes a multiple of p itself, for another p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn product(a: Limbs, b: Limbs) -> Limbs {
        let zero = _mm512_setzero_si512();
        let mut t = [zero; 10];
        for i in 0..5 {
            for j in 0..5 {
                t[i + j] = _mm512_madd52lo_epu64(t[i + j], a[i], b[j]);
                t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a[i], b[j]);
            }
        }
        const { assert!(Self::MU < (1 << BITS) / 5, "p mu is too large for four columns") };
        for i in 0..4 {
            t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srli_epi64::<BITS>(t[i]));
            for (j, limb) in Self::SCALED.into_iter().enumerate() {
                t[i + j + 1] = _mm512_madd52lo_epu64(t[i + j + 1], t[i], Self::splat(limb));
                t[i + j + 2] = _mm512_madd52hi_epu64(t[i + j + 2], t[i], Self::splat(limb));
            }
        }
        let m = _mm512_madd52lo_epu64(zero, t[4], Self::splat(Self::MU));
        for (j, p) in Self::P1.into_iter().enumerate() {
            t[4 + j] = _mm512_madd52lo_epu64(t[4 + j], m, Self::splat(p));
            t[5 + j] = _mm512_madd52hi_epu64(t[5 + j], m, Self::splat(p));
        }
        t[5] = _mm512_add_epi64(t[5], _mm512_srli_epi64::<BITS>(t[4]));
        Self::carry([t[5], t[6], t[7], t[8], t[9]])
    }

    /// Adds a constant in the lanes of the mask, without carry.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn add_where(mut x: Limbs, constant: [u64; 5], mask: __mmask8) -> Limbs {
        for (limb, added) in x.iter_mut().zip(constant) {
            *limb = _mm512_mask_add_epi64(*limb, mask, *limb, Self::splat(added));
        }
        x
    }

    /// Subtracts 2p in the lanes of the mask, without carry.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn sub_twice(mut x: Limbs, mask: __mmask8) -> Limbs {
        for (limb, twice) in x.iter_mut().zip(Self::P2) {
            *limb = _mm512_mask_sub_epi64(*limb, mask, *limb, Self::splat(twice));
        }
        x
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn plus(mut a: Limbs, b: Limbs) -> Limbs {
        for (a, b) in a.iter_mut().zip(b) {
            *a = _mm512_add_epi64(*a, b);
        }
        a
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn minus(mut a: Limbs, b: Limbs) -> Limbs {
        for (a, b) in a.iter_mut().zip(b) {
            *a = _mm512_sub_epi64(*a, b);
        }
        a
    }

    /// `x - p` where that is not negative.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn subtract_modulus(x: Limbs) -> Limbs {
        let mut result = Self::carry(Self::minus(x, Self::P1.map(|p| Self::splat(p))));
        let negative = _mm512_cmplt_epi64_mask(result[4], _mm512_setzero_si512());
        for (limb, kept) in result.iter_mut().zip(x) {
            *limb = _mm512_mask_blend_epi64(negative, *limb, kept);
        }
        result
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn add(a: Limbs, b: Limbs) -> Limbs {
        let sum = Self::plus(a, b);
        let greater = _mm512_cmpgt_epi64_mask(sum[4], Self::splat(Self::P2[4]));
        let near = _mm512_cmpgt_epi64_mask(sum[4], Self::splat(Self::P2[4] - 2));
        let less = Self::add_where(sum, Self::P1.map(u64::wrapping_neg), near & !greater);
        Self::carry(Self::sub_twice(less, greater))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn sub(a: Limbs, b: Limbs) -> Limbs {
        let (equal, less) = (_mm512_cmpeq_epi64_mask(a[4], b[4]), _mm512_cmplt_epi64_mask(a[4], b[4]));
        let difference = Self::add_where(Self::minus(a, b), Self::P1, equal);
        Self::carry(Self::add_where(difference, Self::P2, less))
    }

    /// `a - b + 2p` for a and b below 2p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn difference(a: Limbs, b: Limbs) -> Limbs {
        Self::carry(Self::minus(Self::plus(a, Self::P2.map(|p| Self::splat(p))), b))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn sum_difference(a: Limbs, b: Limbs) -> (Limbs, Limbs) {
        let mask = _mm512_cmpgt_epi64_mask(a[4], Self::splat(Self::P2[4]));
        let sum = Self::sub_twice(Self::plus(a, b), mask);
        let difference = Self::add_where(Self::minus(a, b), Self::P2, !mask);
        (Self::carry(sum), Self::carry(difference))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn load<T: Copy>(values: &[T], words: impl Fn(T) -> [u64; 4]) -> Limbs {
        let values = &values[..8];
        let mut x = [_mm512_setzero_si512(); 4];
        for (vector, pair) in x.iter_mut().zip(values.chunks_exact(2)) {
            let (a, b) = (words(pair[0]), words(pair[1]));
            let words = [a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3]];
            // SAFETY: 64 readable bytes.
            *vector = unsafe { _mm512_loadu_si512(words.as_ptr().cast()) };
        }
        let (u0, u1) = (_mm512_unpacklo_epi64(x[0], x[1]), _mm512_unpackhi_epi64(x[0], x[1]));
        let (u2, u3) = (_mm512_unpacklo_epi64(x[2], x[3]), _mm512_unpackhi_epi64(x[2], x[3]));
        let w0 = _mm512_shuffle_i64x2::<0x88>(u0, u2);
        let w1 = _mm512_shuffle_i64x2::<0x88>(u1, u3);
        let w2 = _mm512_shuffle_i64x2::<0xdd>(u0, u2);
        let w3 = _mm512_shuffle_i64x2::<0xdd>(u1, u3);
        let join = |x, y| _mm512_and_si512(_mm512_or_si512(x, y), Self::splat(MASK));
        [
            _mm512_and_si512(w0, Self::splat(MASK)),
            join(_mm512_srli_epi64::<52>(w0), _mm512_slli_epi64::<12>(w1)),
            join(_mm512_srli_epi64::<40>(w1), _mm512_slli_epi64::<24>(w2)),
            join(_mm512_srli_epi64::<28>(w2), _mm512_slli_epi64::<36>(w3)),
            _mm512_srli_epi64::<16>(w3),
        ]
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn reduced(x: Limbs) -> Limbs {
        // From below 4p + 2^210 to below 2p + 2^210 by the top limb, then exactly, twice.
        let mask = _mm512_cmpgt_epi64_mask(x[4], Self::splat(Self::P2[4]));
        let x = Self::carry(Self::sub_twice(x, mask));
        Self::subtract_modulus(Self::subtract_modulus(x))
    }

    /// Stores integers below 2^256.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn store<T>(x: Limbs, values: &mut [T], value: impl Fn([u64; 4]) -> T) {
        let values = &mut values[..8];
        let w0 = _mm512_or_si512(x[0], _mm512_slli_epi64::<52>(x[1]));
        let w1 = _mm512_or_si512(_mm512_srli_epi64::<12>(x[1]), _mm512_slli_epi64::<40>(x[2]));
        let w2 = _mm512_or_si512(_mm512_srli_epi64::<24>(x[2]), _mm512_slli_epi64::<28>(x[3]));
        let w3 = _mm512_or_si512(_mm512_srli_epi64::<36>(x[3]), _mm512_slli_epi64::<16>(x[4]));
        // The load's shuffles backwards. Halves of words 0 and 1, and of 2 and 3, of elements 0, 1, 4, 5 and 2, 3, 6,
        // 7.
        let (a, b) = (_mm512_unpacklo_epi64(w0, w1), _mm512_unpackhi_epi64(w0, w1));
        let (c, d) = (_mm512_unpacklo_epi64(w2, w3), _mm512_unpackhi_epi64(w2, w3));
        let (low, high) = (_mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15));
        let pairs = [
            _mm512_permutex2var_epi64(a, low, c),
            _mm512_permutex2var_epi64(b, low, d),
            _mm512_permutex2var_epi64(a, high, c),
            _mm512_permutex2var_epi64(b, high, d),
        ];
        for (pair, vector) in values.chunks_exact_mut(2).zip(pairs) {
            let mut words = [0u64; 8];
            // SAFETY: 64 writable bytes.
            unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), vector) };
            pair[0] = value([words[0], words[1], words[2], words[3]]);
            pair[1] = value([words[4], words[5], words[6], words[7]]);
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn factor(value: Fp<P>) -> Limbs {
        Self::times_16(split(value.0).map(|limb| Self::splat(limb)))
    }
}

impl<P: Params> Ifma<P> {
    #[inline(always)]
    fn new(limbs: Limbs) -> Self {
        Self { limbs, params: PhantomData }
    }
}

impl<P: Params> Lanes<P> for Ifma<P> {
    const WIDTH: usize = 8;

    #[inline(always)]
    fn enter<W: Work>(work: W) -> W::Output {
        #[target_feature(enable = "avx512f,avx512ifma")]
        fn with_features<W: Work>(work: W) -> W::Output {
            work.run()
        }
        // SAFETY: `detected`.
        unsafe { with_features(work) }
    }

    #[inline(always)]
    fn load(values: &[Fp<P>]) -> Self {
        // SAFETY: `detected`.
        Self::new(unsafe { Kernel::<P>::load(values, |value| value.0) })
    }

    #[inline(always)]
    fn store(self, values: &mut [Fp<P>]) {
        // SAFETY: `detected`.
        unsafe { Kernel::<P>::store(Kernel::<P>::reduced(self.limbs), values, Fp::from_montgomery) }
    }
}

impl<P: Params> Ring<P> for Ifma<P> {
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: `detected`.
        Self::new(unsafe { Kernel::<P>::product(Kernel::<P>::times_16(self.limbs), other.limbs) })
    }

    #[inline(always)]
    fn square(self) -> Self {
        self.mul(self)
    }

    /// Judged by the top limb before the carry into it, of at most 1: subtracts 2p where it is greater than that of 2p,
    /// p where it is equal or one less and the sum within 2^209 of 2p. All operands and results below 2p.
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: `detected`.
        Self::new(unsafe { Kernel::<P>::add(self.limbs, other.limbs) })
    }

    /// Judged by the top limbs: adds nothing where that of `self` is greater, 2p where it is less, and p where they are
    /// equal and the sign of the difference, of magnitude below 2^208, is open. All operands and results below 2p.
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: `detected`.
        Self::new(unsafe { Kernel::<P>::sub(self.limbs, other.limbs) })
    }
}

/// Packed coordinates are below 2p, factors below 4p, products of factors below 16 p^2 / 2^260 + 1.2 p < 1.4p.
impl Chord for Ifma<FqParams> {
    const RADIX_BITS: u32 = 260;
    type Factor = Factor52;

    #[inline(always)]
    fn unpack(values: &[Packed]) -> Self {
        // SAFETY: `detected`.
        Self::new(unsafe { Kernel::<FqParams>::load(values, |value| value.0) })
    }

    #[inline(always)]
    fn pack(self, values: &mut [Packed]) {
        // SAFETY: `detected`.
        unsafe { Kernel::<FqParams>::store(self.limbs, values, Packed) }
    }

    #[inline(always)]
    fn difference(self, other: Self) -> Factor52 {
        // SAFETY: `detected`.
        Factor52(unsafe { Kernel::<FqParams>::difference(self.limbs, other.limbs) })
    }

    #[inline(always)]
    fn product(a: Factor52, b: Factor52) -> Factor52 {
        // SAFETY: `detected`.
        Factor52(unsafe { Kernel::<FqParams>::product(a.0, b.0) })
    }

    #[inline(always)]
    fn third_x(slope: Factor52, x1: Self, x2: Self) -> Self {
        Self::new(Self::product(slope, slope).0).sub(x1).sub(x2)
    }

    #[inline(always)]
    fn third_y(slope: Factor52, across: Factor52, y1: Self) -> Self {
        Self::new(Self::product(slope, across).0).sub(y1)
    }

    #[inline(always)]
    fn reduced(factor: Factor52, values: &mut [Fq]) {
        Self::new(factor.0).store(values);
    }

    #[inline(always)]
    fn from_reduced(values: &[Fq]) -> Factor52 {
        Factor52(Self::load(values).limbs)
    }
}

impl<P: Params> Butterfly<P> for Ifma<P> {
    type Factor = Factor52;

    #[inline(always)]
    fn factors(values: &[Fp<P>]) -> Factor52 {
        // SAFETY: `detected`.
        Factor52(unsafe { Kernel::<P>::times_16(Kernel::<P>::load(values, |value| value.0)) })
    }

    #[inline(always)]
    fn factor(value: Fp<P>) -> Factor52 {
        // SAFETY: `detected`.
        Factor52(unsafe { Kernel::factor(value) })
    }

    #[inline(always)]
    fn scale(self, factor: Factor52) -> Self {
        // SAFETY: `detected`.
        Self::new(unsafe { Kernel::<P>::product(factor.0, self.limbs) })
    }

    /// `self` below 4p + 2^210 is first brought below 2p + 2^208, by its top limb; `other` is below 2p.
    #[inline(always)]
    fn sum_difference(self, other: Self) -> (Self, Self) {
        // SAFETY: `detected`.
        let (sum, difference) = unsafe { Kernel::<P>::sum_difference(self.limbs, other.limbs) };
        (Self::new(sum), Self::new(difference))
    }
}
