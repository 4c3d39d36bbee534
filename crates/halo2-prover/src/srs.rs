//! The structured reference string in the prover's own form.

use std::io::{self, Write};
use std::sync::OnceLock;

use halo2_proofs::SerdeFormat;
use halo2_proofs::poly::commitment::{Params, ParamsProver};
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2curves::bn256::{Bn256, G1Affine};
use halo2curves::serde::SerdeObject;
use hushproof_bn254::msm::{Bases, Column, MsmError, RAW_POINT_BYTES};
use hushproof_bn254::{Fr, G1};
use rand_core::RngCore;
use rayon::prelude::*;

use crate::error::ProveError;
use crate::progression::Progression;
use crate::randomness::{RandomRows, Randomness};
use crate::witness::{ColumnValues, FullColumn};

const MONOMIAL: &str = "monomial";
const LAGRANGE: &str = "Lagrange";

/// The points of a KZG structured reference string for circuits of 2^k rows: 192 bytes a row.
pub struct Srs {
    k: u32,
    /// s^i G.
    monomial: Bases,
    /// L_i(s) G for the Lagrange polynomials of the 2^k-th roots of unity.
    lagrange: Bases,
    /// What columns are committed with that are arithmetic progressions.
    progressions: OnceLock<Bases>,
}

impl Srs {
    /// From 2^k powers `s^i G` and the 2^k Lagrange points `L_i(s) G` in the order of the roots of unity. That they
    /// are points of the curve is checked, not that they belong together: whoever imports a reference string from
    /// elsewhere has to check its pairings.
    ///
    /// # Errors
    /// [`ProveError::SrsPoints`] if the lists are not 2^k long each, [`ProveError::SrsPoint`] for points off the curve.
    pub fn new(monomial: &[G1Affine], lagrange: &[G1Affine]) -> Result<Self, ProveError> {
        if monomial.len() != lagrange.len() || !monomial.len().is_power_of_two() {
            return Err(ProveError::SrsPoints { monomial: monomial.len(), lagrange: lagrange.len() });
        }
        Ok(Self {
            k: monomial.len().trailing_zeros(),
            monomial: named(MONOMIAL, Bases::new(monomial))?,
            lagrange: named(LAGRANGE, Bases::new(lagrange))?,
            progressions: OnceLock::new(),
        })
    }

    /// As [`Self::new`] from bytes: of each point x, then y, each as four little-endian 64-bit limbs of its Montgomery
    /// form; the identity is all zeros. Apart from the check that the points are on the curve, a copy.
    ///
    /// # Errors
    /// As [`Self::new`]; [`ProveError::SrsPoint`] also for coordinates that are not reduced.
    pub fn from_raw(monomial: &[u8], lagrange: &[u8]) -> Result<Self, ProveError> {
        let [points, lagrange_points] = [monomial, lagrange].map(|bytes| bytes.len() / RAW_POINT_BYTES);
        if monomial.len() != lagrange.len() || !points.is_power_of_two() {
            return Err(ProveError::SrsPoints { monomial: points, lagrange: lagrange_points });
        }
        Ok(Self {
            k: points.trailing_zeros(),
            monomial: named(MONOMIAL, Bases::from_raw(monomial))?,
            lagrange: named(LAGRANGE, Bases::from_raw(lagrange))?,
            progressions: OnceLock::new(),
        })
    }

    /// From the stock library's parameters, whose Lagrange points are taken from their serialized form.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn from_params(params: &ParamsKZG<Bn256>) -> Result<Self, ProveError> {
        let n = params.get_g().len();
        let mut sink = LagrangeSink::new(n);
        params.write_custom(&mut sink, SerdeFormat::RawBytes)?;
        debug_assert_eq!(params.n(), n as u64);
        Self::new(params.get_g(), &sink.points)
    }

    /// log2 of the rows of the circuits it serves.
    pub fn k(&self) -> u32 {
        self.k
    }

    /// The powers `s^i G`.
    pub fn monomial(&self) -> impl ExactSizeIterator<Item = G1Affine> {
        self.monomial.points()
    }

    /// The Lagrange points.
    pub fn lagrange(&self) -> impl ExactSizeIterator<Item = G1Affine> {
        self.lagrange.points()
    }

    /// Commitment to a polynomial given by its coefficients, lowest first.
    ///
    /// # Errors
    /// [`ProveError::Msm`] if there are more than 2^k.
    pub fn commit_coefficients(&self, coefficients: &[Fr]) -> Result<G1Affine, ProveError> {
        Ok(self.monomial.msm(coefficients)?.to_affine())
    }

    /// Commitment to a polynomial given by its values at the roots of unity.
    ///
    /// # Errors
    /// [`ProveError::Msm`] if there are more than 2^k.
    pub fn commit_values(&self, values: &[Fr]) -> Result<G1Affine, ProveError> {
        Ok(self.lagrange.msm(values)?.to_affine())
    }

    /// Commits columns as proofs do: filled up with zeros, then random values in the last `random_rows` rows. Gives
    /// these, too.
    ///
    /// # Errors
    /// [`ProveError::ColumnLength`] and the like for a column that has no such form.
    pub fn commit_hidden<R: RngCore>(
        &self,
        columns: Vec<ColumnValues>,
        random_rows: usize,
        randomness: &mut Randomness<R>,
    ) -> Result<(Vec<G1Affine>, RandomRows), ProveError> {
        let usable_rows = (1usize << self.k).saturating_sub(random_rows);
        let mut random = Vec::with_capacity(columns.len());
        let mut commitments = Vec::with_capacity(columns.len());
        for (index, values) in columns.into_iter().enumerate() {
            let rows = randomness.elements(random_rows);
            let column = FullColumn::new(index, usable_rows, values, rows.clone())?;
            commitments.extend(self.commit_columns(&[column.scalars()], random_rows)?);
            random.push(rows);
        }
        Ok((commitments, RandomRows(random)))
    }

    /// Commitments to polynomials given by coefficients, lowest first.
    pub(crate) fn commit(&self, polynomials: &[&[Fr]]) -> Result<Vec<G1Affine>, ProveError> {
        let columns: Vec<_> = polynomials.iter().map(|polynomial| Column::dense(polynomial)).collect();
        Ok(G1::to_affine_many(&self.monomial.msm_many(&columns)?))
    }

    /// Commitments to columns given by their values, of which the last `random` rows follow no rule.
    pub(crate) fn commit_columns(&self, columns: &[Column<'_>], random: usize) -> Result<Vec<G1Affine>, ProveError> {
        let find = |column: &Column<'_>| Progression::find(column.field_elements()?, random);
        let found: Vec<_> = columns.par_iter().map(find).collect();
        let rest = columns.iter().zip(&found).map(|(column, found)| match found {
            Some(progression) => Column::dense(&progression.rest),
            None => *column,
        });
        let mut sums = self.lagrange.msm_many(&rest.collect::<Vec<_>>())?;
        let terms: Vec<_> = found.iter().flatten().map(|found| [found.first, found.step]).collect();
        if !terms.is_empty() {
            let terms: Vec<_> = terms.iter().map(|terms| Column::dense(terms)).collect();
            let of_progressions = self.progressions()?.msm_many(&terms)?;
            let split = sums.iter_mut().zip(&found).filter(|(_, found)| found.is_some());
            split.zip(of_progressions).for_each(|((sum, _), progression)| *sum = *sum + progression);
        }
        Ok(G1::to_affine_many(&sums))
    }

    /// The commitments to 1 in every row, and to each row's number.
    fn progressions(&self) -> Result<&Bases, ProveError> {
        if let Some(bases) = self.progressions.get() {
            return Ok(bases);
        }
        let rows = 0..self.lagrange.len() as i64;
        let (ones, numbers): (Vec<_>, Vec<_>) = rows.map(|row| (1, row)).unzip();
        let sums = self.lagrange.msm_many(&[Column::small(&ones, 1), Column::small(&numbers, self.k)])?;
        let bases = Bases::new(&G1::to_affine_many(&sums))?;
        Ok(self.progressions.get_or_init(|| bases))
    }
}

/// Says of a point off the curve in which list it is.
fn named(basis: &'static str, bases: Result<Bases, MsmError>) -> Result<Bases, ProveError> {
    bases.map_err(|error| match error {
        MsmError::NotOnCurve { index } => ProveError::SrsPoint { basis, index },
        other => other.into(),
    })
}

/// Keeps the second list of points of serialized parameters, which follows 4 bytes of k and the first list.
struct LagrangeSink {
    skip: usize,
    count: usize,
    points: Vec<G1Affine>,
    partial: Vec<u8>,
}

impl LagrangeSink {
    fn new(count: usize) -> Self {
        let partial = Vec::with_capacity(RAW_POINT_BYTES);
        Self { skip: 4 + count * RAW_POINT_BYTES, count, points: Vec::with_capacity(count), partial }
    }
}

impl Write for LagrangeSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        let mut rest = &bytes[skipped..];
        while !rest.is_empty() && self.points.len() < self.count {
            let (taken, left) = rest.split_at(rest.len().min(RAW_POINT_BYTES - self.partial.len()));
            self.partial.extend_from_slice(taken);
            rest = left;
            if self.partial.len() == RAW_POINT_BYTES {
                let point = G1Affine::from_raw_bytes(&self.partial);
                self.points.push(point.ok_or(io::ErrorKind::InvalidData)?);
                self.partial.clear();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
