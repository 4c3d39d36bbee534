use proptest::prelude::*;

use super::chord::{Chord, Form, Packed};
use super::fma51::{Fma51, Word, self_check};
use super::*;
use crate::field::{FqParams, FrParams};

/// Two lanes in plain Rust; fused or, as some machines' relaxed SIMD, not.
#[derive(Clone, Copy)]
pub(crate) struct Pair<const FUSED: bool>([u64; 2]);

impl<const FUSED: bool> Pair<FUSED> {
    fn zip(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        Self([f(self.0[0], other.0[0]), f(self.0[1], other.0[1])])
    }
}

impl<const FUSED: bool> Word for Pair<FUSED> {
    fn splat(bits: u64) -> Self {
        Self([bits; 2])
    }
    fn new(lanes: [u64; 2]) -> Self {
        Self(lanes)
    }
    fn lanes(self) -> [u64; 2] {
        self.0
    }
    fn fused(a: Self, b: Self, c: Self) -> Self {
        Self([0, 1].map(|i| {
            let [a, b, c] = [a, b, c].map(|word| f64::from_bits(word.0[i]));
            if FUSED { a.mul_add(b, c) } else { a * b + c }.to_bits()
        }))
    }
    fn sub_f64(self, other: Self) -> Self {
        self.zip(other, |a, b| (f64::from_bits(a) - f64::from_bits(b)).to_bits())
    }
    fn add(self, other: Self) -> Self {
        self.zip(other, u64::wrapping_add)
    }
    fn sub(self, other: Self) -> Self {
        self.zip(other, u64::wrapping_sub)
    }
    fn mul(self, other: Self) -> Self {
        self.zip(other, u64::wrapping_mul)
    }
    fn and(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }
    fn or(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }
    fn shl<const BITS: u32>(self) -> Self {
        Self(self.0.map(|a| a << BITS))
    }
    fn shr<const BITS: u32>(self) -> Self {
        Self(self.0.map(|a| a >> BITS))
    }
    fn greater(self, other: Self) -> Self {
        self.zip(other, |a, b| if (a as i64) > b as i64 { u64::MAX } else { 0 })
    }
    fn select(self, other: Self, mask: Self) -> Self {
        Self([0, 1].map(|i| (self.0[i] & mask.0[i]) | (other.0[i] & !mask.0[i])))
    }
}

fn stored<P: Params, L: Lanes<P>>(lanes: L) -> Vec<Fp<P>> {
    let mut values = vec![Fp::ZERO; L::WIDTH];
    lanes.store(&mut values);
    values
}

fn each<P: Params>(a: &[Fp<P>], b: &[Fp<P>], f: impl Fn(Fp<P>, Fp<P>) -> Fp<P>) -> Vec<Fp<P>> {
    a.iter().zip(b).map(|(a, b)| f(*a, *b)).collect()
}

/// Chains of operations, so that unreduced results become operands.
fn ring_agrees<P: Params, L: Ring<P>>(values: &[Fp<P>; 16]) -> Result<(), TestCaseError> {
    let (a, b) = (&values[..L::WIDTH], &values[8..8 + L::WIDTH]);
    let (x, y) = (L::load(a), L::load(b));
    prop_assert_eq!(stored(x), a);
    prop_assert_eq!(stored(x.mul(y)), each(a, b, |a, b| a * b));
    prop_assert_eq!(stored(x.square()), each(a, b, |a, _| a.square()));
    prop_assert_eq!(stored(x.sub(y)), each(a, b, |a, b| a - b));
    prop_assert_eq!(stored(x.add(y)), each(a, b, |a, b| a + b));
    let (mut sum, mut expected) = (x, a.to_vec());
    for _ in 0..6 {
        (sum, expected) = (sum.add(sum).add(y), each(&expected, b, |sum, b| sum.double() + b));
        prop_assert_eq!(stored(sum), &expected[..]);
        (sum, expected) = (x.sub(sum).add(sum.mul(y)), {
            let difference = each(a, &expected, |a, sum| a - sum);
            each(&difference, &each(&expected, b, |sum, b| sum * b), |a, b| a + b)
        });
        prop_assert_eq!(stored(sum), &expected[..]);
    }
    let (mut u, mut v) = (x, y);
    let (mut c, mut d) = (a.to_vec(), b.to_vec());
    for step in 0..12 {
        let (s, t) = (u.sub(v), v.sub(u).sub(x).sub(y));
        (u, v) = if step % 3 == 0 { (s.square(), t) } else { (s.mul(t), t.mul(u).sub(s)) };
        let (s, t) = (each(&c, &d, |c, d| c - d), each(&d, &c, |d, c| d - c));
        let t = each(&each(&t, a, |t, a| t - a), b, |t, b| t - b);
        (c, d) = if step % 3 == 0 {
            (each(&s, &s, |s, _| s.square()), t)
        } else {
            (each(&s, &t, |s, t| s * t), each(&each(&t, &c, |t, c| t * c), &s, |t, s| t - s))
        };
        prop_assert_eq!(stored(u), &c[..]);
        prop_assert_eq!(stored(v), &d[..]);
    }
    Ok(())
}

/// Sums of points in a row: coordinates that were results become operands, as the formulas have it.
fn chord_agrees<L: Chord>(values: &[Fp<FqParams>; 16], most: f64) -> Result<(), TestCaseError> {
    let form = Form::of::<L>();
    let (a, b) = (&values[..L::WIDTH], &values[8..8 + L::WIDTH]);
    let packed = |values: &[Fp<FqParams>]| values.iter().map(|value| form.pack(*value)).collect::<Vec<_>>();
    let kept = |lanes: L| {
        let mut kept = vec![Packed::ZERO; L::WIDTH];
        lanes.pack(&mut kept);
        let high = |packed: &Packed| packed.0[3] as f64 / FqParams::MODULUS[3] as f64;
        assert!(kept.iter().all(|packed| high(packed) <= most), "{kept:?}");
        kept.iter().map(|packed| form.unpack(*packed)).collect::<Vec<_>>()
    };
    let reduced = |factor: L::Factor| {
        let mut values = vec![Fp::ZERO; L::WIDTH];
        L::reduced(factor, &mut values);
        values.iter().map(|value| form.unpack(Packed(value.0))).collect::<Vec<_>>()
    };
    let (mut x, mut y) = (L::unpack(&packed(a)), L::unpack(&packed(b)));
    let (mut c, mut d) = (a.to_vec(), b.to_vec());
    prop_assert_eq!(kept(x), a);
    let storage_forms = packed(b).iter().map(|packed| Fp::from_montgomery(packed.0)).collect::<Vec<_>>();
    let (mut factor, mut e) = (L::from_reduced(&storage_forms), b.to_vec());
    prop_assert_eq!(reduced(factor), b);
    for _ in 0..6 {
        let (difference, f) = (y.difference(x), each(&d, &c, |d, c| d - c));
        prop_assert_eq!(reduced(difference), &f[..]);
        (factor, e) = (L::product(difference, factor), each(&f, &e, |f, e| f * e));
        prop_assert_eq!(reduced(factor), &e[..]);
        let (third, g) = (L::third_x(factor, x, y), each(&e, &each(&c, &d, |c, d| c + d), |e, sum| e.square() - sum));
        prop_assert_eq!(kept(third), &g[..]);
        let across = each(&e, &each(&c, &g, |c, g| c - g), |e, across| e * across);
        (x, y, c, d) =
            (third, L::third_y(factor, x.difference(third), y), g, each(&across, &d, |across, d| across - d));
        prop_assert_eq!(kept(y), &d[..]);
    }
    Ok(())
}

/// As many butterflies in a row as a pass has.
fn butterflies_agree<P: Params, L: Butterfly<P>>(values: &[Fp<P>; 16]) -> Result<(), TestCaseError> {
    let (a, b) = (&values[..L::WIDTH], &values[8..8 + L::WIDTH]);
    let (mut x, mut y) = L::load(a).sum_difference(L::load(b));
    let (mut c, mut d) = (each(a, b, |a, b| a + b), each(a, b, |a, b| a - b));
    for step in 0..8 {
        prop_assert_eq!(stored(x), &c[..]);
        prop_assert_eq!(stored(y), &d[..]);
        let factors = if step % 2 == 0 { a.to_vec() } else { vec![values[15 - step]; L::WIDTH] };
        let factor = if step % 2 == 0 { L::factors(a) } else { L::factor(values[15 - step]) };
        prop_assert_eq!(stored(x.scale(factor)), each(&c, &factors, |c, f| c * f));
        (x, y) = if step % 3 == 0 { y.butterfly(x, factor) } else { x.butterfly(y, factor) };
        let (p, q) = if step % 3 == 0 { (d, c) } else { (c, d) };
        let q = each(&q, &factors, |q, f| q * f);
        (c, d) = (each(&p, &q, |p, q| p + q), each(&p, &q, |p, q| p - q));
    }
    Ok(())
}

fn element<P: Params>() -> impl Strategy<Value = Fp<P>> {
    let p = P::MODULUS;
    prop_oneof![
        // Stored integers 0, 1, …, p - 1, p - 2, …, and with limbs of all ones at any width.
        1 => (0u64..3).prop_map(|x| Fp::from_montgomery([x, 0, 0, 0])),
        1 => (1u64..4).prop_map(move |x| Fp::from_montgomery([p[0] - x, p[1], p[2], p[3]])),
        1 => (0u32..253, 0u32..253).prop_map(|(from, to)| {
            let mut limbs = [0u64; 4];
            (from..to).for_each(|bit| limbs[bit as usize / 64] |= 1 << (bit % 64));
            Fp::from_montgomery(limbs)
        }),
        2 => any::<[u64; 4]>().prop_map(Fp::from_limbs),
    ]
}

fn elements<P: Params>() -> impl Strategy<Value = [Fp<P>; 16]> {
    prop::collection::vec(element::<P>(), 16).prop_map(|values| core::array::from_fn(|i| values[i]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn scalars_agree(a in elements::<FrParams>(), b in elements::<FqParams>()) {
        butterflies_agree::<_, Scalar>(&a)?;
        ring_agrees::<_, Fp<FqParams>>(&b)?;
        chord_agrees::<Fp<FqParams>>(&b, 1.0)?;
    }

    #[test]
    fn limbs_of_30_bits_agree(a in elements::<FrParams>(), b in elements::<FqParams>()) {
        butterflies_agree::<_, Limbs30<_>>(&a)?;
        ring_agrees::<_, Limbs30<_>>(&b)?;
        chord_agrees::<Limbs30<_>>(&b, 2.0)?;
    }

    #[test]
    fn limbs_of_51_bits_agree(a in elements::<FrParams>(), b in elements::<FqParams>()) {
        butterflies_agree::<_, Fma51<_, Pair<true>>>(&a)?;
        ring_agrees::<_, Fma51<_, Pair<true>>>(&b)?;
        chord_agrees::<Fma51<_, Pair<true>>>(&b, 1.1)?;
    }
}

#[cfg(target_arch = "x86_64")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// On machines that have the instructions.
    #[test]
    fn limbs_of_52_bits_agree(a in elements::<FrParams>(), b in elements::<FqParams>()) {
        if ifma::detected() {
            butterflies_agree::<_, Ifma<_>>(&a)?;
            ring_agrees::<_, Ifma<_>>(&b)?;
            chord_agrees::<Ifma<_>>(&b, 2.0)?;
        }
    }
}

/// Differences of differences of extreme values: with equal top limbs, and at both ends of the range of results.
fn extreme_differences_agree<P: Params, L: Ring<P>>() {
    let p = P::MODULUS;
    let stored_integers = [
        [0, 0, 0, 0],
        [1, 0, 0, 0],
        [u64::MAX, u64::MAX, u64::MAX, 0xfff],
        [0, 0, 0, 1 << 12],
        [u64::MAX, u64::MAX, u64::MAX, 0xffff],
        [0, 0, 0, 1 << 16],
        [0, 0, 0, p[3]],
        [p[0] - 1, p[1], p[2], p[3]],
    ];
    let values = stored_integers.map(Fp::<P>::from_montgomery);
    let loaded = |value: Fp<P>| L::load(&vec![value; L::WIDTH]);
    let differences: Vec<_> =
        values.iter().flat_map(|a| values.iter().map(|b| (*a - *b, loaded(*a).sub(loaded(*b))))).collect();
    for (a, x) in &differences {
        for (b, y) in &differences {
            let (difference, lanes) = (*a - *b, x.sub(*y));
            assert_eq!(stored(lanes), vec![difference; L::WIDTH]);
            assert_eq!(stored(lanes.square()), vec![difference.square(); L::WIDTH]);
            assert_eq!(stored(lanes.sub(*x).mul(lanes)), vec![-*b * difference; L::WIDTH]);
        }
    }
}

#[test]
fn extreme_differences_stay_in_range() {
    extreme_differences_agree::<FqParams, Fp<_>>();
    extreme_differences_agree::<FqParams, Limbs30<_>>();
    extreme_differences_agree::<FqParams, Fma51<_, Pair<true>>>();
    #[cfg(target_arch = "x86_64")]
    if ifma::detected() {
        extreme_differences_agree::<FqParams, Ifma<_>>();
    }
}

/// The fifth column of a product in the middle between two multiples of a limb, with both moduli.
#[test]
fn half_a_limb_is_carried() {
    let middle = [0, 1 << 63, 0, 0];
    fn halves<P: Params>(middle: [u64; 4]) -> Vec<Fp<P>> {
        let x = Fma51::<P, Pair<true>>::load(&[Fp::from_montgomery(middle); 2]);
        stored(x.mul(x))
    }
    assert_eq!(halves::<FrParams>(middle), vec![Fp::from_montgomery(middle).square(); 2]);
    assert_eq!(halves::<FqParams>(middle), vec![Fp::from_montgomery(middle).square(); 2]);
    type Lanes51 = Fma51<FqParams, Pair<true>>;
    let form = Form::of::<Lanes51>();
    for value in [form.unpack(Packed(middle)), -form.unpack(Packed(middle))] {
        let factor = Lanes51::from_reduced(&[Fp::from_montgomery(form.pack(value).0); 2]);
        let mut square = [Fp::ZERO; 2];
        Lanes51::reduced(Lanes51::product(factor, factor), &mut square);
        assert_eq!(square.map(|square| form.unpack(Packed(square.0))), [value.square(); 2]);
    }
}

#[test]
fn the_self_check_tells_fused_from_unfused() {
    assert!(self_check::<Pair<true>>());
    assert!(!self_check::<Pair<false>>());
}
