use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn sums_are_those_of_the_field(
        terms in prop::collection::vec(
            (prop_oneof![any::<i64>(), -300i64..300, Just(i64::MIN), Just(i64::MAX)], any::<[u64; 4]>()), 0..40),
    ) {
        let terms: Vec<_> = terms.into_iter().map(|(integer, limbs)| (integer, Fr::from_limbs(limbs))).collect();
        let mut sum = IntegerSum::default();
        terms.iter().for_each(|(integer, factor)| sum.add(*integer, factor));
        prop_assert_eq!(sum.total(), terms.iter().map(|(integer, factor)| Fr::from_i64(*integer) * *factor).sum());
    }
}

#[test]
fn extreme_terms_do_not_overflow() {
    for (integer, factor) in [(i64::MIN, -Fr::ONE), (i64::MAX, Fr::from_montgomery([u64::MAX, u64::MAX, 0, 0]))] {
        let mut sum = IntegerSum::default();
        (0..10_000).for_each(|_| sum.add(integer, &factor));
        assert_eq!(sum.total(), Fr::from_i64(integer) * factor * Fr::from_u64(10_000));
    }
}
