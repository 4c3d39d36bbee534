use halo2curves::bn256;
use halo2curves::ff::WithSmallOrderMulGroup;
use proptest::prelude::*;

use super::*;

fn value(signed: Signed) -> Fr {
    let magnitude = Fr::from_limbs([signed.magnitude() as u64, (signed.magnitude() >> 64) as u64, 0, 0]);
    if signed.is_negative() { -magnitude } else { magnitude }
}

fn recombines(scalar: Fr) -> bool {
    let (a, b) = decompose(&scalar);
    value(a) - value(b) * Fr::from(bn256::Fr::ZETA) == scalar
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn halves_recombine(limbs: [u64; 4]) {
        prop_assert!(recombines(Fr::from_limbs(limbs)));
    }

    #[test]
    fn digits_recombine(magnitude in 0..1u128 << 127, negative: bool, window in 2u32..=16) {
        let signed = Signed::new(magnitude, negative);
        let half = 1i32 << (window - 1);
        let mut sum = Fr::ZERO;
        for index in (0..digits(HALF_BITS, window)).rev() {
            let digit = signed.digit(index, window);
            prop_assert!((-half..=half).contains(&digit));
            sum = (0..window).fold(sum, |sum, _| sum.double()) + Fr::from_i64(digit.into());
        }
        prop_assert_eq!(sum, value(signed));
    }
}

#[test]
fn extreme_scalars_recombine() {
    let lambda = Fr::from(bn256::Fr::ZETA);
    for near in [Fr::ZERO, lambda, -lambda, lambda * lambda, Fr::from(bn256::Fr::from_raw([0, 0, 1, 0]))] {
        for offset in -3..=3 {
            assert!(recombines(near + Fr::from_i64(offset)), "{near:?} + {offset}");
        }
    }
}

#[test]
fn extreme_digits_recombine() {
    for value in [0, 1, -1, i64::MAX, i64::MIN, 255, -256] {
        for window in 2..=16 {
            let sum = (0..digits(64, window)).fold(0i128, |sum, index| {
                sum + (i128::from(Signed::from(value).digit(index, window)) << (index * window))
            });
            assert_eq!(sum, i128::from(value));
        }
    }
}
