//! The quotient of the folded constraints by the vanishing polynomial X^n - 1.
//!
//! It has degree below (d - 1) n for constraints of degree d, so its values on d - 1 cosets of the rows' subgroup fix
//! it. One coset at a time, the program of the constraints is run part by part, on the columns that the part reads; the
//! result's coefficients are the quotient modulo X^n - c, and from all of them its pieces are solved for.

use hushproof_bn254::Fr;
use hushproof_bn254::ntt::Transform;
use rayon::prelude::*;

use crate::control::{Control, Stage};
use crate::error::ProveError;
use crate::key::{Coset, Prover};
use crate::polynomial::{combine, scale_by_powers};
use crate::program::{Inputs, Source};

/// Most bytes of constant columns' values that are kept from proof to proof.
const KEPT_BYTES: usize = 28 << 20;

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
        control.step(Stage::Quotient, 0, 1)?;
        let polynomial = |(factor, source)| Some((factor, coefficients(prover, columns, &combinations, source)?));
        let terms: Vec<_> = terms.into_iter().filter_map(polynomial).collect();
        let combination = combine(&terms, size);
        combinations.push(combination);
    }
    let kept = kept(prover)?;
    let is_kept = |slot: usize| kept.is_some() && is_constant(sources[slot]);
    let parts = prover.program.parts();
    let steps = prover.cosets.len() * parts.len();
    let mut values = vec![Vec::new(); sources.len()];
    let mut free = Vec::new();
    let mut shares = Vec::with_capacity(prover.cosets.len());
    for (done, coset) in prover.cosets.iter().enumerate() {
        let transform = prover.domain.coset_forward(coset.shift)?;
        let mut result = vec![Fr::ZERO; size];
        for (index, part) in parts.iter().enumerate() {
            control.step(Stage::Quotient, done * parts.len() + index, steps)?;
            let missing = part.slots().iter().filter(|slot| values[**slot].is_empty() && !is_kept(**slot));
            let mut missing: Vec<(usize, Vec<Fr>)> =
                missing.map(|slot| (*slot, free.pop().unwrap_or_else(|| vec![Fr::ZERO; size]))).collect();
            missing.par_iter_mut().try_for_each(|(slot, values)| {
                let coefficients = coefficients(prover, columns, &combinations, sources[*slot]);
                on_coset(prover, coset, &transform, sources[*slot], coefficients, values)
            })?;
            missing.into_iter().for_each(|(slot, column)| values[slot] = column);
            let mut slices: Vec<_> = values.iter().map(Vec::as_slice).collect();
            if let Some(kept) = kept {
                let slots = slices.iter_mut().zip(&kept[done]).filter(|(values, _)| values.is_empty());
                slots.for_each(|(values, kept)| *values = kept);
            }
            part.run(&slices, &scalars, &mut result);
            let freed = part.last().iter().map(|slot| std::mem::take(&mut values[*slot]));
            free.extend(freed.filter(|column| !column.is_empty()));
        }
        let mut share = vec![Fr::ZERO; size];
        prover.domain.inverse().apply(&result, &mut share)?;
        scale_by_powers(&mut share, coset.shift_inverse, Fr::ONE);
        shares.push(share);
    }
    control.step(Stage::Quotient, steps, steps)?;
    drop((values, free));
    let piece = |index: usize| {
        let terms = prover.cosets.iter().zip(&shares);
        let terms: Vec<_> = terms.map(|(coset, share)| (coset.to_pieces[index], share.as_slice())).collect();
        combine(&terms, size)
    };
    Ok((0..prover.cosets.len()).map(piece).collect())
}

/// Whether a column is the same in every proof.
const fn is_constant(source: Source) -> bool {
    matches!(source, Source::Fixed(_) | Source::Sigma(_) | Source::FirstRow | Source::Point)
}

/// The values of the constant columns on each coset, by their slots, kept from the first proof on; none where they take
/// more than [`KEPT_BYTES`].
fn kept(prover: &Prover) -> Result<Option<&Vec<Vec<Vec<Fr>>>>, ProveError> {
    let (size, sources) = (prover.domain.size(), prover.program.sources());
    let count = sources.iter().filter(|source| is_constant(**source)).count();
    if count * prover.cosets.len() * size * size_of::<Fr>() > KEPT_BYTES {
        return Ok(None);
    }
    if let Some(kept) = prover.constants.get() {
        return Ok(Some(kept));
    }
    let column = |coset: &Coset, transform: &Transform, source: &Source| {
        if !is_constant(*source) {
            return Ok(Vec::new());
        }
        let mut values = vec![Fr::ZERO; size];
        let none = Columns { advice: &[], instance: &[], products: &[] };
        on_coset(prover, coset, transform, *source, coefficients(prover, &none, &[], *source), &mut values)?;
        Ok(values)
    };
    let columns = |coset: &Coset| {
        let transform = prover.domain.coset_forward(coset.shift)?;
        sources.par_iter().map(|source| column(coset, &transform, source)).collect::<Result<Vec<_>, ProveError>>()
    };
    let all = prover.cosets.iter().map(columns).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(prover.constants.get_or_init(|| all)))
}

/// A column's values on a coset, with the coset's transform: from its coefficients if it has any.
fn on_coset(
    prover: &Prover,
    coset: &Coset,
    transform: &Transform,
    source: Source,
    coefficients: Option<&[Fr]>,
    values: &mut [Fr],
) -> Result<(), ProveError> {
    match coefficients {
        Some(coefficients) => Ok(transform.apply(coefficients, values)?),
        None if source == Source::FirstRow => first_row(transform, values),
        None => {
            points(prover, coset, values);
            Ok(())
        }
    }
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

/// The Lagrange polynomial of the first row, (1 + X + … + X^(n-1)) / n, on a coset.
fn first_row(transform: &Transform, values: &mut [Fr]) -> Result<(), ProveError> {
    let inverse = Fr::from_u64(values.len() as u64).invert().unwrap_or_default();
    transform.apply(&vec![inverse; values.len()], values)?;
    Ok(())
}
