//! Fixed columns whose values on a coset take no transform: most selectors change in a few rows only.

use hushproof_bn254::Fr;
use hushproof_bn254::ntt::Domain;
use rayon::prelude::*;

use crate::error::ProveError;
use crate::polynomial::evaluate;

/// Most changes from row to row for which values on a coset are summed up instead of transformed.
const MOST_STEPS: usize = 4;

/// A fixed column.
#[derive(Debug, PartialEq)]
pub(crate) struct FixedColumn {
    /// None if all are zero.
    pub(crate) coefficients: Vec<Fr>,
    pub(crate) form: Form,
}

impl FixedColumn {
    /// Of coefficients, which are dropped where all are zero.
    pub(crate) fn new(coefficients: Vec<Fr>, form: Form) -> Self {
        let zero = form == Form::Constant(Fr::ZERO);
        Self { coefficients: if zero { Vec::new() } else { coefficients }, form }
    }
}

/// What the rows of a fixed column look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The same value in every row.
    Constant(Fr),
    /// A value in one row, zeros in the others.
    Single(usize, Fr),
    /// From few rows the next one's value is another, by 1 or -1: those rows, and whether it is larger.
    Steps(Vec<(usize, bool)>),
    Other,
}

impl Form {
    /// Of a column of 2^k values.
    pub(crate) fn of(values: &[Fr]) -> Self {
        let first = values.first().copied().unwrap_or_default();
        let next = |row: usize| if row + 1 < values.len() { values[row + 1] } else { first };
        let change = |(row, value): (usize, &Fr)| Some((row, next(row) - *value)).filter(|(_, step)| !step.is_zero());
        let mut changes = values.iter().enumerate().filter_map(change);
        let few: Vec<_> = changes.by_ref().take(MOST_STEPS + 1).collect();
        match *few {
            [] => return Self::Constant(first),
            [(before, step), (row, _)] if row == before + 1 && first.is_zero() => return Self::Single(row, step),
            [(0, back), (before, _)] if before + 1 == values.len() && values[1].is_zero() => {
                return Self::Single(0, -back);
            }
            _ => (),
        }
        let unit = |(row, step): &(usize, Fr)| match *step {
            step if step == Fr::ONE => Some((*row, true)),
            step if step == -Fr::ONE => Some((*row, false)),
            _ => None,
        };
        let steps: Option<Vec<_>> = few.iter().map(unit).collect();
        steps.filter(|steps| steps.len() <= MOST_STEPS).map_or(Self::Other, Self::Steps)
    }
}

/// Fixed columns from their values.
pub(crate) fn fixed_columns(domain: &Domain, values: Vec<Vec<Fr>>) -> Result<Vec<FixedColumn>, ProveError> {
    // Values are dropped as soon as they are transformed.
    let column = |values: Vec<Fr>| {
        let form = Form::of(&values);
        let mut coefficients = Vec::new();
        if form != Form::Constant(Fr::ZERO) {
            coefficients = vec![Fr::ZERO; values.len()];
            domain.inverse().apply(&values, &mut coefficients)?;
        }
        Ok(FixedColumn { coefficients, form })
    };
    values.into_par_iter().map(column).collect()
}

/// The values of a column of steps on the coset g H: with L the Lagrange polynomial of the first row, of which
/// `first_row` are the values there, the step from row r is L(w^-r X), the difference of f(w X) and f(X).
pub(crate) fn sum_up(coefficients: &[Fr], steps: &[(usize, bool)], g: Fr, first_row: &[Fr], values: &mut [Fr]) {
    let mut value = evaluate(coefficients, g);
    let mask = values.len() - 1;
    for (i, target) in values.iter_mut().enumerate() {
        *target = value;
        for (row, up) in steps {
            let step = first_row[i.wrapping_sub(*row) & mask];
            value = if *up { value + step } else { value - step };
        }
    }
}

#[cfg(test)]
mod tests;
