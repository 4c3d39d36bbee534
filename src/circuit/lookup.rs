//! logUp: a sum of fractions with poles at `−β − key` is zero exactly when every key looked up is in the table.
//!
//! U. Haböck, "Multivariate lookups based on logarithmic derivatives", eprint 2022/1530, as gates over a challenge β
//! that is drawn after all keys and multiplicities are committed. Three fractions make one gate of degree 4.

use halo2_proofs::{halo2curves::bn256::Fr, plonk::Expression};
use hushproof_halo2_prover as prover;
use rayon::prelude::*;

/// Fractions per gate.
pub(super) const GROUP: usize = 3;

/// One term of the sum.
#[derive(Clone)]
pub(super) struct Fraction {
    pub(super) numerator: Expression<Fr>,
    pub(super) denominator: Expression<Fr>,
}

/// Number of gates for `fractions` fractions; all but one take a helper column.
pub(super) const fn groups(fractions: usize) -> usize {
    fractions.div_ceil(GROUP)
}

/// The gates of one row: `helper · Π d_i = Σ_i n_i · Π_{j≠i} d_j` per group after the first; the first group's sum is
/// `step` less all helpers, so that `step` is the sum of all fractions.
pub(super) fn gates(
    fractions: Vec<Fraction>,
    helpers: Vec<Expression<Fr>>,
    step: Expression<Fr>,
) -> Vec<Expression<Fr>> {
    let own = helpers.iter().fold(step, |rest, helper| rest - helper.clone());
    std::iter::once(own)
        .chain(helpers)
        .zip(fractions.chunks(GROUP))
        .map(|(value, group)| group_gate(value, group))
        .collect()
}

pub(super) fn group_gate(value: Expression<Fr>, group: &[Fraction]) -> Expression<Fr> {
    let product = group.iter().fold(value, |product, fraction| product * fraction.denominator.clone());
    group.iter().enumerate().fold(product, |rest, (i, fraction)| {
        let others = group.iter().enumerate().filter(|(j, _)| *j != i);
        rest - others.fold(fraction.numerator.clone(), |product, (_, other)| product * other.denominator.clone())
    })
}

/// The inverse denominators `1 / (β + value + δ (tag + δ · code))` of a table of (value, tag, code): first a range of
/// values under tag 0 and code 0, then functions of equal size under the tags from 1. Whatever is looked up is an entry,
/// of which there are few.
pub(super) struct Inverses {
    entries: Vec<(u64, u64, i64)>,
    inverses: Vec<prover::Fr>,
    range: usize,
    size: usize,
    beta: prover::Fr,
    delta: prover::Fr,
}

impl Inverses {
    /// Of a table whose range has `range` values and whose functions have `size`.
    pub(super) fn new(entries: Vec<(u64, u64, i64)>, [range, size]: [usize; 2], [beta, delta]: [Fr; 2]) -> Self {
        let (beta, delta) = (beta.into(), delta.into());
        let mut table = Self { entries, inverses: Vec::new(), range, size, beta, delta };
        let denominator = |(value, tag, code): &(u64, u64, i64)| table.denominator(*value as i64, *tag, *code);
        let mut inverses: Vec<_> = table.entries.par_iter().map(denominator).collect();
        inverses.par_chunks_mut(1 << 10).for_each(|chunk| prover::Fr::batch_invert(chunk, &mut Vec::new()));
        table.inverses = inverses;
        table
    }

    fn denominator(&self, value: i64, tag: u64, code: i64) -> prover::Fr {
        let plain = self.beta + prover::Fr::from_i64(value);
        if (tag, code) == (0, 0) {
            return plain;
        }
        plain + self.delta * (prover::Fr::from_u64(tag) + self.delta * prover::Fr::from_i64(code))
    }

    /// The fraction of what is looked up; computed where a cell was tampered with so that it is no entry.
    pub(super) fn of(&self, value: i64, tag: u64, code: i64) -> prover::Fr {
        let start = if tag == 0 { 0 } else { self.range + self.size * (tag as usize - 1) };
        let at = usize::try_from(value).map_or(usize::MAX, |value| value.saturating_add(start));
        match self.entries.get(at) {
            Some(entry) if (entry.0 as i64, entry.1, entry.2) == (value, tag, code) => self.inverses[at],
            _ => self.denominator(value, tag, code).invert().unwrap_or_default(),
        }
    }

    /// The fraction of the table in a row. Rows below the table repeat its first entry.
    pub(super) fn of_row(&self, row: usize, multiplicity: i64) -> prover::Fr {
        if multiplicity == 0 {
            return prover::Fr::ZERO;
        }
        let inverse = self.inverses.get(row).or_else(|| self.inverses.first()).copied().unwrap_or_default();
        -(prover::Fr::from_i64(multiplicity) * inverse)
    }
}
