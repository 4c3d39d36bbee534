use super::*;

fn sample(size: usize) -> Vec<Fr> {
    Fr::from_u64(0x9e37_79b9_7f4a_7c15).powers(size).collect()
}

fn naive(polynomial: &[Fr], x: Fr) -> Fr {
    polynomial.iter().rev().fold(Fr::ZERO, |sum, coefficient| sum * x + *coefficient)
}

#[test]
fn evaluates_every_length() {
    let x = Fr::from_i64(-12345);
    for size in [0, 1, 3, 4, 5, 1023, 1024, 1025, 5000] {
        let polynomial = sample(size);
        assert_eq!(evaluate(&polynomial, x), naive(&polynomial, x), "{size}");
    }
}

#[test]
fn quotient_times_divisor_plus_remainder_is_the_dividend() {
    let (root, x) = (Fr::from_u64(77), Fr::from_u64(0xdead_beef));
    for size in [1, 2, 1024, 1025, 3000] {
        let polynomial = sample(size);
        let mut quotient = polynomial.clone();
        divide(&mut quotient, root);
        assert!(quotient[size - 1].is_zero());
        let back = naive(&quotient, x) * (x - root) + naive(&polynomial, root);
        assert_eq!(back, naive(&polynomial, x), "{size}");
    }
}

#[test]
fn combines_and_scales() {
    let (long, short) = (sample(3000), sample(1500));
    let x = Fr::from_u64(3);
    let (a, b) = (Fr::from_u64(5), Fr::from_i64(-7));
    let sum = combine(&[(a, &long), (b, &short)], 3000);
    assert_eq!(naive(&sum, x), a * naive(&long, x) + b * naive(&short, x));
    let mut scaled = long.clone();
    scale_by_powers(&mut scaled, b, a);
    assert_eq!(naive(&scaled, x), a * naive(&long, b * x));
}

#[test]
fn lagrange_basis_is_dual_to_its_points() {
    let points = sample(5);
    let basis = lagrange_basis(&points).unwrap_or_default();
    assert_eq!(basis.len(), points.len());
    for (i, polynomial) in basis.iter().enumerate() {
        for (j, point) in points.iter().enumerate() {
            assert_eq!(naive(polynomial, *point), if i == j { Fr::ONE } else { Fr::ZERO });
        }
    }
    assert!(lagrange_basis(&[Fr::ONE, Fr::ONE]).is_none());
}
