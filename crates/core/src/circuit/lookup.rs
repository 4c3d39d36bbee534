//! logUp: a sum of fractions with poles at `−β − key` is zero exactly when every key looked up is in the table.
//!
//! U. Haböck, "Multivariate lookups based on logarithmic derivatives", eprint 2022/1530, as gates over a challenge β
//! that is drawn after all keys and multiplicities are committed. Three fractions make one gate of degree 4.

use halo2_proofs::{halo2curves::bn256::Fr, plonk::Expression};
use hushproof_halo2_prover as prover;
use rayon::prelude::*;

use super::formula::table_key;

/// Fractions per gate.
pub(super) const GROUP: usize = 3;

/// One term of the sum.
#[derive(Clone)]
pub(super) struct Fraction {
    pub(super) numerator: Expression<Fr>,
    pub(super) denominator: Expression<Fr>,
}

/// `value · Π d_i − Σ_i n_i · Π_{j≠i} d_j` of a group of fractions: 0 where `value` is their sum.
pub(super) fn group_gate(value: Expression<Fr>, group: &[Fraction]) -> Expression<Fr> {
    let product = group.iter().fold(value, |product, fraction| product * fraction.denominator.clone());
    group.iter().enumerate().fold(product, |rest, (i, fraction)| {
        let others = group.iter().enumerate().filter(|(j, _)| *j != i);
        rest - others.fold(fraction.numerator.clone(), |product, (_, other)| product * other.denominator.clone())
    })
}

/// Lookups in the order in which they are grouped: a tuple, whose denominator is of degree 2, beside a plain one.
pub(super) fn pair<T>(plain: Vec<T>, tuples: Vec<T>) -> Vec<T> {
    let mut tuples = tuples.into_iter();
    let mut ordered = Vec::with_capacity(plain.len() + tuples.len());
    for item in plain {
        ordered.extend(tuples.next());
        ordered.push(item);
    }
    ordered.extend(tuples);
    ordered
}

/// An entry of the lookup table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// A limb.
    pub(super) value: u64,
    /// 0 for the range, from 1 on for functions.
    pub(super) tag: u64,
    /// A function's code where the segment begins.
    pub(super) base: i64,
    /// A function's slope in the segment.
    pub(super) slope: i64,
}

impl Entry {
    /// A value of the range.
    pub(super) const fn of_range(value: u64) -> Self {
        Self { value, tag: 0, base: 0, slope: 0 }
    }
}

/// The inverse denominators `1 / (β + value + δ (tag + δ (base + δ · slope)))` of a table: first a range of values
/// under tag 0, then functions of equal size under the tags from 1. Whatever is looked up is an entry, of which there
/// are few.
pub(super) struct Inverses {
    entries: Vec<Entry>,
    inverses: Vec<prover::Fr>,
    range: usize,
    size: usize,
    beta: prover::Fr,
    delta: prover::Fr,
}

impl Inverses {
    /// Of a table whose range has `range` values and whose functions have `size`.
    pub(super) fn new(entries: Vec<Entry>, [range, size]: [usize; 2], [beta, delta]: [prover::Fr; 2]) -> Self {
        let mut table = Self { entries, inverses: Vec::new(), range, size, beta, delta };
        let denominator = |entry: &Entry| table.denominator(entry.value as i64, entry.tag, [entry.base, entry.slope]);
        let mut inverses: Vec<_> = table.entries.par_iter().map(denominator).collect();
        inverses.par_chunks_mut(1 << 10).for_each(|chunk| prover::Fr::batch_invert(chunk, &mut Vec::new()));
        table.inverses = inverses;
        table
    }

    fn denominator(&self, value: i64, tag: u64, [base, slope]: [i64; 2]) -> prover::Fr {
        let [value, base, slope] = [value, base, slope].map(prover::Fr::from_i64);
        self.beta + table_key(&self.delta, value, prover::Fr::from_u64(tag), base, Some(slope))
    }

    /// The fraction of a limb, in the segment of a function where the tag is not 0; computed where a cell was tampered
    /// with so that it is no entry.
    pub(super) fn of(&self, value: i64, tag: u64, [base, slope]: [i64; 2]) -> prover::Fr {
        let start = if tag == 0 { 0 } else { self.range + self.size * (tag as usize - 1) };
        let at = usize::try_from(value).map_or(usize::MAX, |value| value.saturating_add(start));
        match (self.entries.get(at), u64::try_from(value)) {
            (Some(entry), Ok(value)) if *entry == (Entry { value, tag, base, slope }) => self.inverses[at],
            _ => self.denominator(value, tag, [base, slope]).invert().unwrap_or_default(),
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
