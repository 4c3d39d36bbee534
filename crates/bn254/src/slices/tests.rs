use proptest::prelude::*;

use super::*;
use crate::lanes::Limbs30;
use crate::lanes::fma51::Fma51;
use crate::lanes::tests::Pair;

fn check<R: Ring<FrParams>, L: Butterfly<FrParams>>(a: &[Fr], b: &[Fr], x: Fr) -> Result<(), TestCaseError> {
    let mut target = vec![Fr::ONE; a.len()];
    products::<R>(&mut target, a, b);
    prop_assert_eq!(&target, &a.iter().zip(b).map(|(a, b)| *a * *b).collect::<Vec<_>>());
    scaled::<L>(&mut target, a, x);
    prop_assert_eq!(&target, &a.iter().map(|a| *a * x).collect::<Vec<_>>());
    let naive = |p: &[Fr], x: Fr| p.iter().rev().fold(Fr::ZERO, |sum, value| sum * x + *value);
    prop_assert_eq!(evaluated::<L>(a, x), naive(a, x));
    prop_assert_eq!(evaluated::<L>(a, -Fr::ONE), naive(a, -Fr::ONE));
    let short = &b[..b.len() / 2];
    let terms = [(x, a), (-Fr::ONE, short), (Fr::ONE, b), (x, b), (-x, a), (-Fr::ONE, b), (x, a), (x, short)];
    let mut expected = a.to_vec();
    for (factor, values) in terms {
        expected.iter_mut().zip(values).for_each(|(sum, value)| *sum += *value * factor);
    }
    target.copy_from_slice(a);
    combined::<L>(&mut target, &terms);
    prop_assert_eq!(target, expected);
    Ok(())
}

fn element() -> impl Strategy<Value = Fr> {
    prop_oneof![
        1 => (0u64..3).prop_map(|x| -Fr::from_u64(x)),
        1 => (0u64..3).prop_map(|x| Fr::from_montgomery([x, 0, 0, 0])),
        1 => (0u64..3).prop_map(|x| -Fr::from_montgomery([x, 0, 0, 0])),
        3 => any::<[u64; 4]>().prop_map(Fr::from_limbs),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn all_lanes_agree_with_single_elements(
        pairs in prop::collection::vec((element(), element()), 0..140),
        x in element(),
    ) {
        let (a, b): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        check::<Fr, Scalar>(&a, &b, x)?;
        check::<Limbs30<FrParams>, Limbs30<_>>(&a, &b, x)?;
        check::<Fma51<FrParams, Pair<true>>, Fma51<_, Pair<true>>>(&a, &b, x)?;
        // Whatever this machine has, and more terms than a pass takes.
        let terms: Vec<_> = (0..19).map(|i| (x, if i % 3 == 0 { &a[..] } else { &b[..] })).collect();
        let mut target = a.clone();
        add_combination(&mut target, &terms);
        let expected: Vec<_> =
            a.iter().zip(&b).map(|(a, b)| *a + x * (*a * Fr::from_u64(7) + *b * Fr::from_u64(12))).collect();
        prop_assert_eq!(target, expected);
        let mut target = vec![Fr::ZERO; a.len()];
        mul(&mut target, &a, &b);
        prop_assert!(target.iter().zip(a.iter().zip(&b)).all(|(t, (a, b))| *t == *a * *b));
        mul_scalar(&mut target, &a, x);
        prop_assert!(target.iter().zip(&a).all(|(t, a)| *t == *a * x));
        prop_assert_eq!(evaluate(&a, x), evaluated::<Scalar>(&a, x));
    }

    #[test]
    fn integers_become_elements(integers in prop::collection::vec(any::<i64>(), 0..200)) {
        let mut target = vec![Fr::ONE; integers.len() + 1];
        from_integers(&mut target, &integers);
        prop_assert!(target.iter().zip(&integers).all(|(t, integer)| *t == Fr::from_i64(*integer)));
        prop_assert_eq!(target[integers.len()], Fr::ONE);
    }
}
