//! The kernels against halo2curves in a browser, with the arithmetic that the build chooses there: `cargo xtask
//! test-wasm` runs this file with relaxed SIMD and without.
#![cfg(target_arch = "wasm32")]

use halo2curves::bn256;
use halo2curves::ff::{Field, PrimeField};
use halo2curves::fft::best_fft;
use halo2curves::group::Curve;
use halo2curves::msm::msm_best;
use hushproof_bn254::msm::{Bases, Column};
use hushproof_bn254::ntt::{Domain, NttError, Transform, zeta};
use hushproof_bn254::{Arithmetic, Fr, G1, arithmetic, slices};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Edge values, stored and as integers, and pseudorandom ones, each next to every other in the course of a few
/// rotations.
fn elements(count: usize) -> Vec<Fr> {
    // The element held as this integer, itself times 2^256.
    let shift = Fr::from_u64(2).pow(&[256]).invert().unwrap_or(Fr::ONE);
    let stored = |limbs| Fr::from_limbs(limbs) * shift;
    let edges = [
        Fr::ZERO,
        Fr::ONE,
        -Fr::ONE,
        -Fr::from_u64(2),
        stored([1, 0, 0, 0]),
        stored((-Fr::ONE).to_limbs()),
        stored([u64::MAX, u64::MAX, u64::MAX, 0xfff]),
        stored([0, 0, 0, 1 << 12]),
        stored([0, u64::MAX, 0, u64::MAX >> 3]),
    ];
    let random = Fr::from_u64(5).pow(&[u64::MAX, 3]).powers(usize::MAX).map(|x| x + Fr::from_u64(3));
    (edges.into_iter().cycle().zip(random).enumerate())
        .map(|(i, (edge, random))| if i % 3 == 0 { edge } else { random })
        .take(count)
        .collect()
}

fn plain(values: &[Fr]) -> Vec<bn256::Fr> {
    values.iter().map(|value| (*value).into()).collect()
}

/// Multiples of the generator.
fn points(count: usize) -> Vec<bn256::G1Affine> {
    let generator = bn256::G1Affine::generator();
    (1..=count as u64).map(|i| (generator * bn256::Fr::from(i * i + 7)).to_affine()).collect()
}

#[wasm_bindgen_test]
fn the_build_decides_the_arithmetic() {
    let expected = if cfg!(target_feature = "relaxed-simd") { Arithmetic::Fma51 } else { Arithmetic::Limbs30 };
    assert_eq!(arithmetic(), expected);
}

#[wasm_bindgen_test]
fn slices_agree() {
    let a = elements(101);
    let x = a[4];
    for shift in 0..27 {
        let b: Vec<Fr> = a.iter().cycle().skip(shift).take(a.len()).copied().collect();
        let (p, q) = (plain(&a), plain(&b));
        let mut target = vec![Fr::ONE; a.len()];
        slices::mul(&mut target, &a, &b);
        let products: Vec<_> = p.iter().zip(&q).map(|(p, q)| *p * *q).collect();
        assert_eq!(plain(&target), products, "products, {shift}");
        slices::mul_scalar(&mut target, &b, x);
        let scaled: Vec<_> = q.iter().map(|q| *q * bn256::Fr::from(x)).collect();
        assert_eq!(plain(&target), scaled, "multiples, {shift}");
        slices::add_combination(&mut target, &[(x, &a), (Fr::ONE, &b), (-Fr::ONE, &a[..50]), (-x, &b)]);
        let sums: Vec<_> = (0..a.len())
            .map(|i| {
                let x = bn256::Fr::from(x);
                scaled[i] + x * p[i] + q[i] - if i < 50 { p[i] } else { bn256::Fr::ZERO } - x * q[i]
            })
            .collect();
        assert_eq!(plain(&target), sums, "combinations, {shift}");
        let value = q.iter().rev().fold(bn256::Fr::ZERO, |sum, q| sum * bn256::Fr::from(x) + q);
        assert_eq!(bn256::Fr::from(slices::evaluate(&b, x)), value, "values, {shift}");
    }
}

fn applied(transform: &Transform, source: &[Fr]) -> Result<Vec<Fr>, NttError> {
    let mut destination = vec![Fr::ONE; 1 << transform.k()];
    transform.apply(source, &mut destination)?;
    Ok(destination)
}

#[wasm_bindgen_test]
fn transforms_agree() -> Result<(), NttError> {
    for k in [0, 1, 3, 6, 7, 11, 13] {
        let domain = Domain::new(k)?;
        let omega = (k..bn256::Fr::S).fold(bn256::Fr::ROOT_OF_UNITY, |root, _| root.square());
        let coefficients = elements(domain.size());
        let mut expected = plain(&coefficients);
        best_fft(&mut expected, omega, k);
        let values = applied(domain.forward(), &coefficients)?;
        assert_eq!(plain(&values), expected, "forward, k = {k}");
        assert_eq!(applied(domain.inverse(), &values)?, coefficients, "inverse, k = {k}");
        let shifted = coefficients.iter().zip(zeta().powers(domain.size())).map(|(c, power)| *c * power);
        let mut expected = plain(&shifted.collect::<Vec<_>>());
        best_fft(&mut expected, omega, k);
        let values = applied(&domain.coset_forward(zeta())?, &coefficients)?;
        assert_eq!(plain(&values), expected, "coset, k = {k}");
        assert_eq!(applied(&domain.coset_inverse(zeta())?, &values)?, coefficients, "coset inverse, k = {k}");
    }
    Ok(())
}

#[wasm_bindgen_test]
fn sums_of_points_agree() -> Result<(), hushproof_bn254::msm::MsmError> {
    let mut points = points(400);
    // Equal and opposite bases, and one after the other.
    points[1] = points[0];
    points[2] = -points[0];
    points[300] = points[17];
    let bases = Bases::new(&points)?;
    let dense = elements(400);
    let small: Vec<i64> = (0..394).map(|i| i % 255 - 127).collect();
    let wide: Vec<i64> = (0..400).map(|i| (i - 200) * 0x1234_5678_9abc).collect();
    let columns = [
        Column::dense(&dense),
        Column::small(&small, 7),
        Column::small(&wide, 63),
        Column::mixed(&small, 8, &dense[..6]),
    ];
    let sums = G1::to_affine_many(&bases.msm_many(&columns)?);
    let of = |small: &[i64], tail: &[Fr]| {
        let all: Vec<Fr> = small.iter().map(|x| Fr::from_i64(*x)).chain(tail.iter().copied()).collect();
        msm_best(&plain(&all), &points[..all.len()]).to_affine()
    };
    assert_eq!(sums, [of(&[], &dense), of(&small, &[]), of(&wide, &[]), of(&small, &dense[..6])]);
    Ok(())
}
