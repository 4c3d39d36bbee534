//! The quotient of the folded constraints by the vanishing polynomial X^n - 1.
//!
//! It has degree below (d - 1) n for constraints of degree d, so its values on d - 1 cosets of the rows' subgroup fix
//! it. One coset at a time, the columns in use are evaluated there and the program of the constraints is run; the
//! result's coefficients are the quotient modulo X^n - c, and from all of them its pieces are solved for.

use hushproof_bn254::Fr;
use rayon::prelude::*;

use crate::control::{Control, Stage};
use crate::error::ProveError;
use crate::key::{Coset, Prover};
use crate::polynomial::{combine, scale_by_powers};
use crate::program::{Inputs, Source};

/// Coefficients of the columns that the constraints read.
pub(crate) struct Columns<'a> {
    pub(crate) advice: &'a [Vec<Fr>],
    pub(crate) instance: &'a [Vec<Fr>],
    pub(crate) products: &'a [Vec<Fr>],
}

/// The pieces of the quotient, coefficients n at a time, lowest first.
pub(crate) fn pieces(
    prover: &Prover,
    columns: &Columns<'_>,
    inputs: &Inputs<'_>,
    control: &Control<'_>,
) -> Result<Vec<Vec<Fr>>, ProveError> {
    let size = prover.domain.size();
    let scalars = prover.program.scalars(inputs);
    let sources = prover.program.sources();
    let mut combinations = Vec::new();
    for terms in prover.program.combinations(&scalars) {
        control.step(Stage::Quotient, 0, prover.cosets.len())?;
        let polynomial = |(factor, source)| Some((factor, coefficients(prover, columns, &combinations, source)?));
        let terms: Vec<_> = terms.into_iter().filter_map(polynomial).collect();
        let combination = combine(&terms, size);
        combinations.push(combination);
    }
    let mut values = vec![vec![Fr::ZERO; size]; sources.len()];
    let mut result = vec![Fr::ZERO; size];
    let mut shares = Vec::with_capacity(prover.cosets.len());
    for (done, coset) in prover.cosets.iter().enumerate() {
        control.step(Stage::Quotient, done, prover.cosets.len())?;
        sources.par_iter().zip(&mut values).try_for_each(|(source, values)| {
            match coefficients(prover, columns, &combinations, *source) {
                Some(coefficients) => coset.transform.apply(coefficients, values)?,
                None if *source == Source::FirstRow => first_row(prover, coset, values),
                None => points(prover, coset, values),
            }
            Ok::<_, ProveError>(())
        })?;
        let slices: Vec<_> = values.iter().map(Vec::as_slice).collect();
        prover.program.run(&slices, &scalars, &mut result);
        let mut share = vec![Fr::ZERO; size];
        prover.domain.inverse().apply(&result, &mut share)?;
        scale_by_powers(&mut share, coset.shift_inverse, Fr::ONE);
        shares.push(share);
    }
    control.step(Stage::Quotient, prover.cosets.len(), prover.cosets.len())?;
    drop((values, result));
    let piece = |index: usize| {
        let terms = prover.cosets.iter().zip(&shares);
        let terms: Vec<_> = terms.map(|(coset, share)| (coset.to_pieces[index], share.as_slice())).collect();
        combine(&terms, size)
    };
    Ok((0..prover.cosets.len()).map(piece).collect())
}

/// The coefficients of a column; none of those that are computed for each coset.
fn coefficients<'a>(
    prover: &'a Prover,
    columns: &Columns<'a>,
    combinations: &'a [Vec<Fr>],
    source: Source,
) -> Option<&'a [Fr]> {
    Some(match source {
        Source::Fixed(index) => &prover.fixed[index],
        Source::Advice(index) => &columns.advice[index],
        Source::Instance(index) => &columns.instance[index],
        Source::Sigma(index) => &prover.permutation.sigmas[index],
        Source::Product(index) => &columns.products[index],
        Source::Combination(index) => &combinations[index],
        Source::FirstRow | Source::Point => return None,
    })
}

/// The elements g w^i of a coset.
fn points(prover: &Prover, coset: &Coset, values: &mut [Fr]) {
    values.par_iter_mut().for_each(|value| *value = Fr::ONE);
    scale_by_powers(values, prover.domain.omega(), coset.shift);
}

/// The Lagrange polynomial of the first row, (X^n - 1) / (n (X - 1)), on a coset.
fn first_row(prover: &Prover, coset: &Coset, values: &mut [Fr]) {
    const CHUNK: usize = 1 << 10;
    points(prover, coset, values);
    let size = Fr::from_u64(values.len() as u64);
    let vanishing = coset.shift.pow(&[values.len() as u64]) - Fr::ONE;
    values.par_chunks_mut(CHUNK).for_each_init(Vec::new, |scratch, chunk| {
        chunk.iter_mut().for_each(|value| *value = (*value - Fr::ONE) * size);
        Fr::batch_invert(chunk, scratch);
        chunk.iter_mut().for_each(|value| *value *= vanishing);
    });
}
