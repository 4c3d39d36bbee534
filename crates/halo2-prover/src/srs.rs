//! The structured reference string in the prover's own form.

use std::io::{self, Write};

use halo2_proofs::SerdeFormat;
use halo2_proofs::poly::commitment::{Params, ParamsProver};
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2curves::bn256::{Bn256, G1Affine};
use halo2curves::serde::SerdeObject;
use hushproof_bn254::msm::{Bases, Column};
use hushproof_bn254::{Fr, G1};

use crate::error::ProveError;

/// Bytes of an uncompressed point: two coordinates.
const POINT_BYTES: usize = 64;

/// The points of a KZG structured reference string for circuits of 2^k rows: 192 bytes a row.
pub struct Srs {
    k: u32,
    /// s^i G.
    monomial: Bases,
    /// L_i(s) G for the Lagrange polynomials of the 2^k-th roots of unity.
    lagrange: Bases,
}

impl Srs {
    /// From 2^k powers `s^i G` and the 2^k Lagrange points `L_i(s) G` in the order of the roots of unity. That they
    /// are points of the curve is checked, not that they belong together: whoever imports a reference string from
    /// elsewhere has to check its pairings.
    ///
    /// # Errors
    /// [`ProveError::SrsPoints`] if the lists are not 2^k long each, [`ProveError::Msm`] for points off the curve.
    pub fn new(monomial: &[G1Affine], lagrange: &[G1Affine]) -> Result<Self, ProveError> {
        if monomial.len() != lagrange.len() || !monomial.len().is_power_of_two() {
            return Err(ProveError::SrsPoints { monomial: monomial.len(), lagrange: lagrange.len() });
        }
        Ok(Self {
            k: monomial.len().trailing_zeros(),
            monomial: Bases::new(monomial)?,
            lagrange: Bases::new(lagrange)?,
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

    /// Commitments to polynomials given by coefficients, lowest first.
    pub(crate) fn commit(&self, polynomials: &[&[Fr]]) -> Result<Vec<G1Affine>, ProveError> {
        let columns: Vec<_> = polynomials.iter().map(|polynomial| Column::dense(polynomial)).collect();
        Ok(G1::to_affine_many(&self.monomial.msm_many(&columns)?))
    }

    /// Commitments to columns given by their values.
    pub(crate) fn commit_columns(&self, columns: &[Column<'_>]) -> Result<Vec<G1Affine>, ProveError> {
        Ok(G1::to_affine_many(&self.lagrange.msm_many(columns)?))
    }
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
        let partial = Vec::with_capacity(POINT_BYTES);
        Self { skip: 4 + count * POINT_BYTES, count, points: Vec::with_capacity(count), partial }
    }
}

impl Write for LagrangeSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        let mut rest = &bytes[skipped..];
        while !rest.is_empty() && self.points.len() < self.count {
            let (taken, left) = rest.split_at(rest.len().min(POINT_BYTES - self.partial.len()));
            self.partial.extend_from_slice(taken);
            rest = left;
            if self.partial.len() == POINT_BYTES {
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
