//! Evaluations proved by SHPLONK (Boneh, Drake, Fisch, Gabizon, "Efficient polynomial commitment schemes for multiple
//! points and polynomials", eprint 2020/081, section 4).
//!
//! The remainders of the polynomials by the vanishing polynomials of their points are never formed: both quotients
//! are exact divisions up to a remainder, and that is what a division drops.

use halo2_proofs::transcript::{EncodedChallenge, TranscriptWrite};
use halo2curves::bn256::G1Affine;
use hushproof_bn254::Fr;

use crate::control::{Control, Stage};
use crate::error::ProveError;
use crate::polynomial::{combine, divide};
use crate::srs::Srs;

/// Pieces of work that are reported.
const STEPS: usize = 4;

/// A polynomial, known by its index, is evaluated at a point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query {
    pub(crate) polynomial: usize,
    pub(crate) point: Fr,
}

/// Polynomials that are evaluated at the same points.
struct Set {
    points: Vec<Fr>,
    polynomials: Vec<usize>,
}

/// Proves the evaluations of `queries` of polynomials given by `size` coefficients or less.
pub(crate) fn prove<E: EncodedChallenge<G1Affine>, T: TranscriptWrite<G1Affine, E>>(
    srs: &Srs,
    size: usize,
    polynomials: &[&[Fr]],
    queries: &[Query],
    control: &Control<'_>,
    transcript: &mut T,
) -> Result<(), ProveError> {
    control.step(Stage::Openings, 0, STEPS)?;
    let sets = sets(queries);
    let y = squeeze(transcript);
    let v = squeeze(transcript);
    // For each set the sum of y^j times its polynomials, and its quotient by the points.
    let mut sums = Vec::with_capacity(sets.len());
    let mut quotients = Vec::with_capacity(sets.len());
    for set in &sets {
        let terms: Vec<_> =
            y.powers(set.polynomials.len()).zip(set.polynomials.iter().map(|i| polynomials[*i])).collect();
        let sum = combine(&terms, size);
        let mut quotient = sum.clone();
        set.points.iter().for_each(|point| divide(&mut quotient, *point));
        sums.push(sum);
        quotients.push(quotient);
    }
    let terms: Vec<_> = v.powers(sets.len()).zip(quotients.iter().map(Vec::as_slice)).collect();
    let quotient = combine(&terms, size);
    drop(terms);
    drop(quotients);
    control.step(Stage::Openings, 1, STEPS)?;
    write_commitment(srs, &quotient, transcript)?;
    control.step(Stage::Openings, 2, STEPS)?;

    let u = squeeze(transcript);
    let all = distinct(queries.iter().map(|query| query.point));
    let vanishing =
        |points: &mut dyn Iterator<Item = &Fr>| points.fold(Fr::ONE, |product, point| product * (u - *point));
    let differences: Vec<_> =
        sets.iter().map(|set| vanishing(&mut all.iter().filter(|point| !set.points.contains(*point)))).collect();
    let mut terms: Vec<_> = v
        .powers(sets.len())
        .zip(&differences)
        .zip(&sums)
        .map(|((power, difference), sum)| (power * *difference, sum.as_slice()))
        .collect();
    terms.push((-vanishing(&mut all.iter()), &quotient));
    // Normalized so that the first set has factor 1.
    if let Some(scale) = differences.first().and_then(Fr::invert) {
        terms.iter_mut().for_each(|(factor, _)| *factor *= scale);
    }
    let mut last = combine(&terms, size);
    divide(&mut last, u);
    control.step(Stage::Openings, 3, STEPS)?;
    write_commitment(srs, &last, transcript)?;
    control.step(Stage::Openings, STEPS, STEPS)
}

fn squeeze<E: EncodedChallenge<G1Affine>, T: TranscriptWrite<G1Affine, E>>(transcript: &mut T) -> Fr {
    (*transcript.squeeze_challenge_scalar::<()>()).into()
}

fn write_commitment<E: EncodedChallenge<G1Affine>, T: TranscriptWrite<G1Affine, E>>(
    srs: &Srs,
    polynomial: &[Fr],
    transcript: &mut T,
) -> Result<(), ProveError> {
    for commitment in srs.commit(&[polynomial])? {
        transcript.write_point(commitment)?;
    }
    Ok(())
}

/// The polynomials by their sets of points, both in the order of their first queries.
fn sets(queries: &[Query]) -> Vec<Set> {
    let polynomials = distinct(queries.iter().map(|query| query.polynomial));
    let mut sets = Vec::<Set>::new();
    for polynomial in polynomials {
        let of_polynomial = queries.iter().filter(|query| query.polynomial == polynomial);
        let points = distinct(of_polynomial.map(|query| query.point));
        let same =
            |set: &&mut Set| set.points.len() == points.len() && set.points.iter().all(|point| points.contains(point));
        match sets.iter_mut().find(same) {
            Some(set) => set.polynomials.push(polynomial),
            None => sets.push(Set { points, polynomials: vec![polynomial] }),
        }
    }
    sets
}

/// The distinct values in the order of their first occurrence.
fn distinct<V: PartialEq>(values: impl Iterator<Item = V>) -> Vec<V> {
    let mut distinct = Vec::new();
    for value in values {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    distinct
}
