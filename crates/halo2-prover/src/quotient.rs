//! The quotient of the folded constraints by the vanishing polynomial X^n - 1.
//!
//! It has degree below (d - 1) n for constraints of degree d, so its values on d - 1 cosets of the rows' subgroup fix
//! it. One coset at a time, the program of the constraints is run part by part, on the columns that the part reads; the
//! result's coefficients are the quotient modulo X^n - c, and from all of them its pieces are solved for.

use std::borrow::Cow;

use hushproof_bn254::Fr;
use hushproof_bn254::ntt::Transform;
use rayon::prelude::*;

use crate::control::{Control, Stage};
use crate::error::ProveError;
use crate::fixed::{Form, sum_up};
use crate::key::{Coset, Prover};
use crate::polynomial::{combine, scale_by_powers};
use crate::program::{Inputs, Source};

/// Most bytes of constant columns' values that are kept from proof to proof where these are all.
const KEPT_BYTES: usize = 16 << 20;

/// The same where they are not.
const KEPT_OF_MORE_BYTES: usize = 8 << 20;

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
    let parts = prover.program.parts();
    let steps = prover.cosets.len() * parts.len();
    let mut values = vec![Vec::new(); sources.len()];
    let mut free = Vec::new();
    let mut shares = Vec::with_capacity(prover.cosets.len());
    for (done, coset) in prover.cosets.iter().enumerate() {
        let kept = &kept[done];
        let is_ready = |slot: &usize| sources[*slot] == Source::FirstRow || !kept[*slot].is_empty();
        let first_row = sources.iter().position(|source| *source == Source::FirstRow).map(|slot| kept[slot].as_slice());
        let on_coset = OnCoset::new(prover, coset, first_row.filter(|values| !values.is_empty()))?;
        let mut result = vec![Fr::ZERO; size];
        for (index, part) in parts.iter().enumerate() {
            control.step(Stage::Quotient, done * parts.len() + index, steps)?;
            let missing = part.slots().iter().filter(|slot| values[**slot].is_empty() && !is_ready(slot));
            let mut missing: Vec<(usize, Vec<Fr>)> =
                missing.map(|slot| (*slot, free.pop().unwrap_or_else(|| vec![Fr::ZERO; size]))).collect();
            missing.par_iter_mut().try_for_each(|(slot, values)| {
                on_coset.values(sources[*slot], coefficients(prover, columns, &combinations, sources[*slot]), values)
            })?;
            missing.into_iter().for_each(|(slot, column)| values[slot] = column);
            let slice = |slot: usize| match sources[slot] {
                Source::FirstRow => on_coset.first_row.as_ref(),
                _ if values[slot].is_empty() => kept[slot].as_slice(),
                _ => values[slot].as_slice(),
            };
            part.run(&(0..sources.len()).map(slice).collect::<Vec<_>>(), &scalars, &mut result);
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

/// The values on each coset, by slots, of the constant columns that take a transform, kept from the first proof on: all
/// that take at most [`KEPT_BYTES`], or as many as [`KEPT_OF_MORE_BYTES`] hold; nothing for other columns.
fn kept(prover: &Prover) -> Result<&Vec<Vec<Vec<Fr>>>, ProveError> {
    if let Some(kept) = prover.constants.get() {
        return Ok(kept);
    }
    let (size, sources) = (prover.domain.size(), prover.program.sources());
    let is_constant = |source: &Source| match source {
        Source::Fixed(index) => prover.fixed[*index].form == Form::Other,
        Source::Sigma(_) | Source::Point | Source::FirstRow => true,
        _ => false,
    };
    let mut slots: Vec<_> = (0..sources.len()).filter(|slot| is_constant(&sources[*slot])).collect();
    let bytes = prover.cosets.len() * size * size_of::<Fr>();
    if slots.len() * bytes > KEPT_BYTES {
        slots.truncate(KEPT_OF_MORE_BYTES / bytes);
    }
    let columns = |coset: &Coset| {
        let mut kept = vec![Vec::new(); sources.len()];
        if slots.is_empty() {
            return Ok(kept);
        }
        let coset = OnCoset::new(prover, coset, None)?;
        let column = |slot: &usize| {
            let mut values = vec![Fr::ZERO; size];
            let none = Columns { advice: &[], instance: &[], products: &[] };
            coset.values(sources[*slot], coefficients(prover, &none, &[], sources[*slot]), &mut values)?;
            Ok((*slot, values))
        };
        let found = slots.par_iter().map(column).collect::<Result<Vec<_>, ProveError>>()?;
        found.into_iter().for_each(|(slot, values)| kept[slot] = values);
        Ok(kept)
    };
    let all = prover.cosets.iter().map(columns).collect::<Result<Vec<_>, ProveError>>()?;
    Ok(prover.constants.get_or_init(|| all))
}

/// What columns' values on one coset are computed with.
struct OnCoset<'a> {
    prover: &'a Prover,
    coset: &'a Coset,
    transform: Transform,
    /// The Lagrange polynomial of the first row, (1 + X + … + X^(n-1)) / n.
    first_row: Cow<'a, [Fr]>,
}

impl<'a> OnCoset<'a> {
    /// With the values of the Lagrange polynomial if they are known.
    fn new(prover: &'a Prover, coset: &'a Coset, first_row: Option<&'a [Fr]>) -> Result<Self, ProveError> {
        let transform = prover.domain.coset_forward(coset.shift)?;
        let first_row = match first_row {
            Some(values) => Cow::Borrowed(values),
            None => {
                let size = prover.domain.size();
                let inverse = Fr::from_u64(size as u64).invert().unwrap_or_default();
                let mut values = vec![Fr::ZERO; size];
                transform.apply(&vec![inverse; size], &mut values)?;
                Cow::Owned(values)
            }
        };
        Ok(Self { prover, coset, transform, first_row })
    }

    /// The values of a column: from its coefficients if it has any.
    fn values(&self, source: Source, coefficients: Option<&[Fr]>, values: &mut [Fr]) -> Result<(), ProveError> {
        let Some(coefficients) = coefficients else {
            if source == Source::FirstRow {
                values.copy_from_slice(&self.first_row);
                return Ok(());
            }
            values.par_iter_mut().for_each(|value| *value = Fr::ONE);
            scale_by_powers(values, self.prover.domain.omega(), self.coset.shift);
            return Ok(());
        };
        if let Source::Fixed(index) = source
            && let Form::Steps(steps) = &self.prover.fixed[index].form
        {
            sum_up(coefficients, steps, self.coset.shift, &self.first_row, values);
            return Ok(());
        }
        Ok(self.transform.apply(coefficients, values)?)
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
        Source::Fixed(index) => &prover.fixed[index].coefficients,
        Source::Advice(index) => &columns.advice[index],
        Source::Instance(index) => &columns.instance[index],
        Source::Sigma(index) => &prover.permutation.sigmas[index],
        Source::Product(index) => &columns.products[index],
        Source::Combination(index) => &combinations[index],
        Source::FirstRow | Source::Point => return None,
    })
}
