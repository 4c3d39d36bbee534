//! Operations on polynomials given by their coefficients, lowest first.

use hushproof_bn254::{Fr, slices};
use rayon::prelude::*;

/// Coefficients of a piece of parallel work.
const CHUNK: usize = 1 << 10;

/// p(x)
pub(crate) fn evaluate(polynomial: &[Fr], x: Fr) -> Fr {
    if polynomial.len() <= CHUNK {
        return slices::evaluate(polynomial, x);
    }
    let parts: Vec<_> = polynomial.par_chunks(CHUNK).map(|chunk| slices::evaluate(chunk, x)).collect();
    slices::evaluate(&parts, x.pow(&[CHUNK as u64]))
}

/// The sum of factor times polynomial, of `size` coefficients; polynomials may be shorter.
pub(crate) fn combine<'a>(terms: &[(Fr, &'a [Fr])], size: usize) -> Vec<Fr> {
    let mut sum = vec![Fr::ZERO; size];
    sum.par_chunks_mut(CHUNK).enumerate().for_each(|(index, sum)| {
        let start = index * CHUNK;
        let part = |(factor, polynomial): &(Fr, &'a [Fr])| (*factor, &polynomial[start.min(polynomial.len())..]);
        slices::add_combination(sum, &terms.iter().map(part).collect::<Vec<_>>());
    });
    sum
}

/// Multiplies coefficient i by `factor * base^i`.
pub(crate) fn scale_by_powers(polynomial: &mut [Fr], base: Fr, factor: Fr) {
    let powers: Vec<_> = base.powers(polynomial.len().min(CHUNK)).collect();
    let step = base.pow(&[CHUNK as u64]);
    let firsts: Vec<_> = step.powers(polynomial.len().div_ceil(CHUNK)).map(|power| power * factor).collect();
    let buffers = || (vec![Fr::ZERO; CHUNK], vec![Fr::ZERO; CHUNK]);
    polynomial.par_chunks_mut(CHUNK).zip(firsts).for_each_init(buffers, |(old, factors), (chunk, first)| {
        old[..chunk.len()].copy_from_slice(chunk);
        slices::mul_scalar(factors, &powers, first);
        slices::mul(chunk, old, factors);
    });
}

/// The quotient of p by X - root, the remainder dropped: in place, with a zero for the highest coefficient.
pub(crate) fn divide(polynomial: &mut [Fr], root: Fr) {
    // The quotient's coefficient i is the value at the root of the polynomial of the coefficients above i.
    let step = root.pow(&[CHUNK as u64]);
    let values: Vec<_> = polynomial.par_chunks(CHUNK).map(|chunk| slices::evaluate(chunk, root)).collect();
    let mut above = vec![Fr::ZERO; values.len()];
    for i in (1..values.len()).rev() {
        // Only the last chunk may be shorter, and nothing is above it.
        above[i - 1] = above[i] * step + values[i];
    }
    polynomial.par_chunks_mut(CHUNK).zip(above).for_each(|(chunk, above)| {
        let mut carry = above;
        for coefficient in chunk.iter_mut().rev() {
            let next = carry * root + *coefficient;
            *coefficient = carry;
            carry = next;
        }
    });
}

/// The coefficients of the Lagrange polynomials of distinct points: `result[i]` is 1 at `points[i]`, 0 at the others.
pub(crate) fn lagrange_basis(points: &[Fr]) -> Option<Vec<Vec<Fr>>> {
    let basis = |(i, point): (usize, &Fr)| {
        let mut coefficients = vec![Fr::ONE];
        let mut denominator = Fr::ONE;
        for (_, other) in points.iter().enumerate().filter(|(j, _)| *j != i) {
            denominator *= *point - *other;
            // Times X - other.
            coefficients.push(Fr::ZERO);
            for m in (0..coefficients.len()).rev() {
                let below = if m > 0 { coefficients[m - 1] } else { Fr::ZERO };
                coefficients[m] = below - coefficients[m] * *other;
            }
        }
        let inverse = denominator.invert()?;
        Some(coefficients.into_iter().map(|coefficient| coefficient * inverse).collect())
    };
    points.iter().enumerate().map(basis).collect()
}

#[cfg(test)]
mod tests;
