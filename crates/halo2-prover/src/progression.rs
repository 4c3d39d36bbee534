//! Columns that are an arithmetic progression in most rows: running sums, and what they add up, beyond the rows in use.

use hushproof_bn254::Fr;

/// Fewest rows of a progression that is worth taking out of a column.
const LEAST: usize = 512;

/// A column as the sum of a progression over all rows and of a rest that has zeros in its place.
pub(crate) struct Progression {
    /// The value in row 0.
    pub(crate) first: Fr,
    pub(crate) step: Fr,
    pub(crate) rest: Vec<Fr>,
}

impl Progression {
    /// Finds the progression at the end of a column, the last `random` rows left out; none that is short or zero.
    pub(crate) fn find(values: &[Fr], random: usize) -> Option<Self> {
        let end = values.len().checked_sub(random).filter(|end| *end >= LEAST)?;
        let step = values[end - 1] - values[end - 2];
        let begins = |row: &usize| values[*row] - values[*row - 1] != step;
        let start = (1..end).rev().find(begins).unwrap_or(0);
        if end - start < LEAST || step.is_zero() && values[start].is_zero() {
            return None;
        }
        let first = values[end - 1] - step * Fr::from_u64(end as u64 - 1);
        let mut expected = first;
        let mut rest = vec![Fr::ZERO; values.len()];
        for (row, (rest, value)) in rest.iter_mut().zip(values).enumerate() {
            if !(start..end).contains(&row) {
                *rest = *value - expected;
            }
            expected += step;
        }
        Some(Self { first, step, rest })
    }
}

#[cfg(test)]
mod tests;
