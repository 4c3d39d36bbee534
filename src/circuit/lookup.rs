//! logUp: a sum of fractions with poles at `−β − key` is zero exactly when every key looked up is in the table.
//!
//! U. Haböck, "Multivariate lookups based on logarithmic derivatives", eprint 2022/1530, as gates over a challenge β
//! that is drawn after all keys and multiplicities are committed. Three fractions make one gate of degree 4.

use halo2_proofs::{halo2curves::bn256::Fr, plonk::Expression};

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
