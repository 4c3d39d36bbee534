#![expect(clippy::unwrap_used, reason = "tests")]

use halo2curves::bn256;
use halo2curves::ff::{Field, PrimeField};
use halo2curves::fft::best_fft;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use super::*;
use crate::field::FrParams;
use crate::lanes::fma51::Fma51;
use crate::lanes::tests::Pair;
use crate::lanes::{Butterfly, Limbs30, Scalar};

fn random(seed: u64, count: usize) -> Vec<Fr> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| Fr::from(bn256::Fr::random(&mut rng))).collect()
}

/// Values of a polynomial at `shift * omega^i`, by Horner's rule.
fn evaluate(coefficients: &[Fr], shift: Fr, omega: Fr, n: usize) -> Vec<Fr> {
    omega.powers(n).map(|power| coefficients.iter().rev().fold(Fr::ZERO, |sum, c| sum * (power * shift) + *c)).collect()
}

fn applied(transform: &Transform, source: &[Fr]) -> Vec<Fr> {
    let mut destination = vec![Fr::from_u64(99); 1 << transform.k()];
    transform.apply(source, &mut destination).unwrap();
    destination
}

#[test]
fn small_transforms_equal_the_definition() {
    for k in 0..=9 {
        let domain = Domain::new(k).unwrap();
        let n = domain.size();
        let shift = zeta() * Fr::from_u64(11);
        let forward = domain.coset_forward(shift).unwrap();
        for length in [0, 1, n / 2 + 1, n - 1, n].into_iter().filter(|length| *length <= n) {
            let mut coefficients = random(u64::from(k), length);
            let values = applied(domain.forward(), &coefficients);
            assert_eq!(values, evaluate(&coefficients, Fr::ONE, domain.omega(), n), "k = {k}, {length}");
            let coset_values = applied(&forward, &coefficients);
            assert_eq!(coset_values, evaluate(&coefficients, shift, domain.omega(), n), "k = {k}, {length}");
            coefficients.resize(n, Fr::ZERO);
            assert_eq!(applied(domain.inverse(), &values), coefficients, "k = {k}");
            assert_eq!(applied(&domain.coset_inverse(shift).unwrap(), &coset_values), coefficients, "k = {k}");
        }
    }
}

#[test]
fn large_transforms_equal_halo2curves() {
    // Every number of passes and uneven splits of the layers.
    for k in [10, 11, 13, 16, 17] {
        let domain = Domain::new(k).unwrap();
        let omega = (k..bn256::Fr::S).fold(bn256::Fr::ROOT_OF_UNITY, |root, _| root.square());
        assert_eq!(domain.omega(), Fr::from(omega));
        let coefficients = random(u64::from(k), domain.size());
        let mut expected: Vec<bn256::Fr> = coefficients.iter().map(|c| (*c).into()).collect();
        best_fft(&mut expected, omega, k);
        let values = applied(domain.forward(), &coefficients);
        assert!(values.iter().zip(&expected).all(|(ours, theirs)| bn256::Fr::from(*ours) == *theirs), "k = {k}");
        assert_eq!(applied(domain.inverse(), &values), coefficients, "k = {k}");

        let mut shifted: Vec<bn256::Fr> =
            coefficients.iter().zip(zeta().powers(domain.size())).map(|(c, power)| (*c * power).into()).collect();
        best_fft(&mut shifted, omega, k);
        let values = applied(&domain.coset_forward(zeta()).unwrap(), &coefficients);
        assert!(values.iter().zip(&shifted).all(|(ours, theirs)| bn256::Fr::from(*ours) == *theirs), "k = {k}");
        assert_eq!(applied(&domain.coset_inverse(zeta()).unwrap(), &values), coefficients, "k = {k}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// Values at the extremes of the reduction: 0, 1, p - 1.
    #[test]
    fn extreme_values_survive_a_round_trip(picks in prop::collection::vec(0usize..4, 1 << 8)) {
        let domain = Domain::new(8).unwrap();
        let choices = [Fr::ZERO, Fr::ONE, -Fr::ONE, -Fr::from_u64(2)];
        let coefficients: Vec<_> = picks.iter().map(|i| choices[*i]).collect();
        let values = applied(domain.forward(), &coefficients);
        prop_assert_eq!(&values, &evaluate(&coefficients, Fr::ONE, domain.omega(), 1 << 8));
        prop_assert_eq!(applied(domain.inverse(), &values), coefficients);
    }
}

#[test]
fn many_columns_equal_one_at_a_time() {
    let domain = Domain::new(7).unwrap();
    let sources: Vec<_> = (0..5).map(|seed| random(seed, 128)).collect();
    let mut destinations = vec![vec![Fr::ZERO; 128]; 5];
    domain.inverse().apply_many(&sources, &mut destinations).unwrap();
    for (source, destination) in sources.iter().zip(destinations) {
        assert_eq!(applied(domain.inverse(), source), destination);
    }
}

#[test]
fn misfits_are_refused() {
    let domain = Domain::new(3).unwrap();
    let length = |got| NttError::Length { expected: 8, got };
    assert_eq!(domain.forward().apply(&[Fr::ONE; 9], &mut [Fr::ONE; 8]), Err(length(9)));
    assert_eq!(domain.forward().apply(&[Fr::ONE; 8], &mut [Fr::ONE; 7]), Err(length(7)));
    assert_eq!(Domain::new(25).err(), Some(NttError::TooLarge { k: 25 }));
    assert_eq!(domain.coset_forward(Fr::ZERO).err(), Some(NttError::ZeroShift));
    assert_eq!(domain.coset_inverse(Fr::ZERO).err(), Some(NttError::ZeroShift));
    let none: [Vec<Fr>; 0] = [];
    let refused = domain.forward().apply_many(&none, &mut [vec![Fr::ONE; 8]]);
    assert_eq!(refused, Err(NttError::Columns { sources: 0, destinations: 1 }));
}

/// The kernels on the lanes that this machine does not choose.
#[test]
fn every_kind_of_lanes_gives_the_same_transform() {
    fn check<L: Butterfly<FrParams>>(transform: &Transform, source: &[Fr]) {
        let mut destination = vec![Fr::ZERO; 1 << transform.k()];
        pass::blocked::<L>(&transform.layers, transform.k(), source, &mut destination);
        assert_eq!(destination, applied(transform, source));
    }
    for k in [6, 7, 11] {
        let domain = Domain::new(k).unwrap();
        let source = random(u64::from(k), domain.size() - 3);
        let coset = domain.coset_inverse(zeta()).unwrap();
        for transform in [domain.forward(), domain.inverse(), &coset] {
            check::<Scalar>(transform, &source);
            check::<Limbs30<FrParams>>(transform, &source);
            check::<Fma51<FrParams, Pair<true>>>(transform, &source);
        }
    }
}
