use halo2curves::bn256;
use halo2curves::ff::{Field, FromUniformBytes, PrimeField};
use proptest::prelude::*;

use super::limbs::{mac, mac_by_halves, reduce_rarely};
use super::{Fp, Fq, FqParams, Fr, FrParams, Params};
use crate::lanes::Limbs30;

/// Elements that tend to break carries, and uniform ones.
fn element<P: Params>() -> impl Strategy<Value = Fp<P>> {
    let p = P::MODULUS;
    prop_oneof![
        1 => (0u64..3).prop_map(Fp::from_u64),
        1 => (0u64..3).prop_map(|x| Fp::ZERO - Fp::from_u64(x)),
        // Limbs of the stored form, not the integer, at their extremes.
        1 => (0u64..3).prop_map(move |x| Fp::from_montgomery([p[0] - 1 - x, p[1], p[2], p[3]])),
        1 => (0u64..3, 0usize..4).prop_map(|(x, i)| {
            let mut limbs = [0; 4];
            limbs[i] = if i == 3 { x } else { u64::MAX - x };
            Fp::from_montgomery(limbs)
        }),
        4 => any::<[u64; 4]>().prop_map(Fp::from_limbs),
    ]
}

fn agrees<P: Params>(a: Fp<P>, b: Fp<P>, exponent: u64, signed: i64) -> Result<(), TestCaseError> {
    let (x, y) = (a.to_halo2(), b.to_halo2());
    prop_assert_eq!(Fp::<P>::from_halo2(&x), a);
    prop_assert_eq!((a + b).to_halo2(), x + y);
    prop_assert_eq!((a - b).to_halo2(), x - y);
    prop_assert_eq!((a * b).to_halo2(), x * y);
    prop_assert_eq!((-a).to_halo2(), -x);
    prop_assert_eq!(a.double().to_halo2(), x.double());
    prop_assert_eq!(a.square().to_halo2(), x.square());
    prop_assert_eq!(a.pow(&[exponent, 5]).to_halo2(), x.pow_vartime([exponent, 5]));
    prop_assert_eq!(a.invert().map(|i| i.to_halo2()), Option::from(x.invert()));
    prop_assert_eq!(Fp::<P>::from_u64(exponent).to_halo2(), P::Halo2::from(exponent));
    let magnitude = P::Halo2::from(signed.unsigned_abs());
    prop_assert_eq!(Fp::<P>::from_i64(signed).to_halo2(), if signed < 0 { -magnitude } else { magnitude });
    let mut repr = <P::Halo2 as PrimeField>::Repr::default();
    for (bytes, limb) in repr.as_mut().chunks_exact_mut(8).zip(a.to_limbs()) {
        bytes.copy_from_slice(&limb.to_le_bytes());
    }
    prop_assert_eq!(Option::from(P::Halo2::from_repr(repr)), Some(x));
    prop_assert_eq!(Fp::<P>::from_limbs(a.to_limbs()), a);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn fr_agrees_with_halo2curves(a in element::<FrParams>(), b in element::<FrParams>(), e: u64, s: i64) {
        agrees(a, b, e, s)?;
    }

    #[test]
    fn fq_agrees_with_halo2curves(a in element::<FqParams>(), b in element::<FqParams>(), e: u64, s: i64) {
        agrees(a, b, e, s)?;
    }

    #[test]
    fn limbs_above_the_modulus_are_reduced(limbs: [u64; 4]) {
        let mut wide = [0u8; 64];
        for (bytes, limb) in wide.chunks_exact_mut(8).zip(limbs) {
            bytes.copy_from_slice(&limb.to_le_bytes());
        }
        prop_assert_eq!(Fr::from_limbs(limbs).to_halo2(), bn256::Fr::from_uniform_bytes(&wide));
        prop_assert_eq!(Fq::from_limbs(limbs).to_halo2(), bn256::Fq::from_uniform_bytes(&wide));
    }

    #[test]
    fn products_of_wasm_agree(a in element::<FrParams>(), y: [u64; 4], words: [u64; 4]) {
        for y in [y, a.0, [u64::MAX; 4]] {
            prop_assert_eq!(reduce_rarely(Limbs30::<FrParams>::multiply(a.0, y), FrParams::MODULUS), a.mul_raw(y));
        }
        let [x, b, c, carry] = words;
        for (x, b, c, carry) in [(x, b, c, carry), (u64::MAX, u64::MAX, c, u64::MAX), (x, b, u64::MAX, 0)] {
            prop_assert_eq!(mac_by_halves(x, b, c, carry), mac(x, b, c, carry));
        }
    }

    #[test]
    fn batch_inversion_leaves_zeros(values in prop::collection::vec(element::<FrParams>(), 0..20)) {
        let mut inverted = values.clone();
        Fr::batch_invert(&mut inverted, &mut Vec::new());
        for (value, inverse) in values.iter().zip(inverted) {
            prop_assert_eq!(value.invert().unwrap_or(Fr::ZERO), inverse);
        }
    }
}

#[test]
fn extreme_signed_integers_map_to_their_residue() {
    for value in [0, 1, -1, i64::MAX, i64::MIN] {
        let sum = Fr::from_i64(value) + Fr::from_u64(1 << 63);
        assert_eq!(sum.to_limbs()[0], (value as u64).wrapping_add(1 << 63), "{value}");
        assert_eq!(sum.to_limbs()[1..], [0, 0, 0]);
    }
}

#[test]
fn powers_start_at_one() {
    let powers: Vec<_> = Fr::from_u64(3).powers(4).collect();
    assert_eq!(powers, [1, 3, 9, 27].map(Fr::from_u64));
}
