//! Sums of few points with large factors: one chain of doublings for all of them.
#![deny(clippy::indexing_slicing, clippy::as_conversions)]

use halo2curves::{
    bn256::{Fr, G1, G1Affine},
    ff::PrimeField,
    group::{Curve, Group, prime::PrimeCurveAffine},
};

/// Multiples of a point that are kept: 1 to as many times the point.
const MULTIPLES: usize = 8;

/// Bits of a digit.
const DIGIT_BITS: usize = 4;

/// The sum of all factor · point. Its time depends on the factors.
pub(super) fn sum(factors: &[Fr], points: &[G1]) -> G1 {
    let multiples: Vec<G1> = points.iter().flat_map(multiples).collect();
    let mut tables = vec![G1Affine::identity(); multiples.len()];
    G1::batch_normalize(&multiples, &mut tables);
    let mut digits: Vec<_> = factors.iter().map(|factor| digits(factor).into_iter().rev()).collect();
    let mut sum = G1::identity();
    for _ in 0..2 * size_of::<<Fr as PrimeField>::Repr>() {
        sum = (0..DIGIT_BITS).fold(sum, |sum, _| sum.double());
        for (digits, table) in digits.iter_mut().zip(tables.chunks(MULTIPLES)) {
            let digit = digits.next().unwrap_or_default();
            let multiple = usize::from(digit.unsigned_abs()).checked_sub(1).and_then(|at| table.get(at));
            match multiple {
                Some(multiple) if digit > 0 => sum += multiple,
                Some(multiple) => sum -= multiple,
                None => {}
            }
        }
    }
    sum
}

fn multiples(point: &G1) -> impl Iterator<Item = G1> {
    std::iter::successors(Some(*point), move |multiple| Some(multiple + point)).take(MULTIPLES)
}

/// Digits of base 16 from −8 to 7, the lowest first. The highest takes every carry, as the modulus is below 2^254.
fn digits(factor: &Fr) -> Vec<i8> {
    let mut carry = 0i8;
    let nibbles = factor.to_repr();
    let nibbles = nibbles.as_ref().iter().flat_map(|byte| [byte & 15, byte >> 4]);
    let signed = nibbles.map(|nibble| {
        let digit = nibble.cast_signed() + carry;
        carry = (digit > 7).into();
        digit - 16 * carry
    });
    signed.collect()
}

#[cfg(test)]
mod tests {
    use halo2curves::ff::Field;
    use rand_core::OsRng;

    use super::*;

    #[test]
    fn sums_are_those_of_the_curve() {
        let edges = [Fr::ZERO, Fr::ONE, -Fr::ONE, Fr::from(7), Fr::from(8), Fr::from(0x8888), Fr::from(u64::MAX)];
        let random = (0..9).map(|_| Fr::random(OsRng));
        let factors: Vec<Fr> = edges.into_iter().chain([-Fr::from(8)]).chain(random).collect();
        let mut points: Vec<G1> = factors.iter().map(|_| G1::random(OsRng)).collect();
        points[3] = G1::identity();
        points[5] = -points[4];
        for count in 0..=factors.len() {
            let expected: G1 = factors.iter().zip(&points).take(count).map(|(factor, point)| point * factor).sum();
            assert_eq!(sum(&factors[..count], &points[..count]), expected, "{count} points");
        }
        let same = [points[0]; 3];
        assert_eq!(sum(&[Fr::ONE, Fr::ONE, -Fr::from(2)], &same), G1::identity());
    }
}
