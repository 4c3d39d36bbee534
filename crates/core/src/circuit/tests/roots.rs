//! Roots of polynomials over the field, for provers that solve for what makes a constraint hold.

use hushproof_halo2_prover::Fr;

/// Coefficients, lowest first, the highest not 0.
type Polynomial = Vec<Fr>;

/// Largest degree that is solved.
const MAX_DEGREE: u64 = 6;

/// A root of a function that is a polynomial of a degree from 1 to [`MAX_DEGREE`], if it is one and has one.
pub(super) fn root(function: impl Fn(Fr) -> Option<Fr>) -> Option<Fr> {
    let mut differences = Vec::new();
    let mut row: Vec<Fr> = (0..=MAX_DEGREE + 1).map(|x| function(Fr::from_u64(x))).collect::<Option<_>>()?;
    for step in 1..=row.len() as u64 {
        differences.push(row[0]);
        let inverse = Fr::from_u64(step).invert()?;
        row = row.windows(2).map(|pair| (pair[1] - pair[0]) * inverse).collect();
    }
    differences.last()?.is_zero().then_some(())?;
    // Newton's form, by Horner's rule.
    let mut polynomial = Polynomial::new();
    for (x, difference) in differences.iter().enumerate().rev() {
        polynomial = times(&polynomial, &[-Fr::from_u64(x as u64), Fr::ONE]);
        polynomial.resize(polynomial.len().max(1), Fr::ZERO);
        polynomial[0] = polynomial[0] + *difference;
    }
    trim(&mut polynomial);
    // Those of its factors that are linear.
    let half = (-Fr::ONE * Fr::from_u64(2).invert()?).to_limbs();
    let power = |shift: Fr| power(&[shift, Fr::ONE], &half, &polynomial);
    for shift in (0..64).map(Fr::from_u64) {
        // (x + shift)^((p − 1) / 2) is 1 at half of all points.
        let mut squares = power(shift)?;
        squares[0] = squares[0] - Fr::ONE;
        trim(&mut squares);
        let common = gcd(polynomial.clone(), squares);
        if let [constant, linear] = common[..] {
            return Some(-constant * linear.invert()?);
        }
    }
    None
}

fn trim(polynomial: &mut Polynomial) {
    while polynomial.last().is_some_and(Fr::is_zero) {
        polynomial.pop();
    }
}

fn times(a: &[Fr], b: &[Fr]) -> Polynomial {
    let mut product = vec![Fr::ZERO; (a.len() + b.len()).saturating_sub(1)];
    for (i, a) in a.iter().enumerate() {
        for (j, b) in b.iter().enumerate() {
            product[i + j] = product[i + j] + *a * *b;
        }
    }
    product
}

fn remainder(mut a: Polynomial, b: &[Fr]) -> Option<Polynomial> {
    let inverse = b.last()?.invert()?;
    while a.len() >= b.len() {
        let factor = *a.last()? * inverse;
        let at = a.len() - b.len();
        for (cell, b) in a[at..].iter_mut().zip(b) {
            *cell = *cell - factor * *b;
        }
        a.pop();
    }
    trim(&mut a);
    Some(a)
}

fn gcd(mut a: Polynomial, mut b: Polynomial) -> Polynomial {
    while let Some(rest) = remainder(a.clone(), &b) {
        (a, b) = (b, rest);
    }
    a
}

/// A power modulo a polynomial, of an exponent of four limbs.
fn power(base: &[Fr], exponent: &[u64; 4], modulus: &[Fr]) -> Option<Polynomial> {
    let mut result = vec![Fr::ONE];
    for bit in (0..256).rev() {
        result = remainder(times(&result, &result), modulus)?;
        if exponent[bit / 64] >> (bit % 64) & 1 == 1 {
            result = remainder(times(&result, base), modulus)?;
        }
        result.resize(result.len().max(1), Fr::ZERO);
    }
    Some(result)
}

#[test]
fn roots_are_found() {
    let with = |roots: &[u64]| {
        let roots: Vec<_> = roots.iter().map(|root| Fr::from_u64(*root)).collect();
        move |x: Fr| Some(roots.iter().map(|root| x - *root).fold(Fr::ONE, |product, factor| product * factor))
    };
    for roots in [&[77][..], &[3, 1 << 40], &[99, 99, 98, 5, 1 << 50]] {
        let found = root(with(roots)).unwrap();
        assert!(roots.contains(&found.to_limbs()[0]) && found.to_limbs()[1..] == [0; 3], "{roots:?}");
    }
    assert_eq!(root(|x| x.invert()), None);
    assert_eq!(root(|_| Some(Fr::ONE)), None);
}
