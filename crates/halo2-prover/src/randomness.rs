//! The random values of a proof.

use halo2curves::bn256;
use halo2curves::ff::{Field, FromUniformBytes};
use hushproof_bn254::Fr;
use rand_core::RngCore;
use rayon::prelude::*;

use crate::error::ProveError;

/// Where a proof's random values come from. They are all that hides the witness: the generator has to be
/// cryptographically secure and seeded by the operating system, and no state of it may serve two proofs.
pub struct Randomness<R> {
    rng: R,
    polynomial: Option<Vec<Fr>>,
}

impl<R: RngCore> Randomness<R> {
    /// Everything from one generator.
    pub fn new(rng: R) -> Self {
        Self { rng, polynomial: None }
    }

    /// With the coefficients of the vanishing argument's random polynomial given: the stock prover draws them from
    /// `thread_rng`, so this is how a test obtains the proof that it made.
    pub fn with_polynomial(rng: R, coefficients: Vec<Fr>) -> Self {
        Self { rng, polynomial: Some(coefficients) }
    }

    /// The next element; the bytes it takes are those of `Field::random`.
    pub(crate) fn element(&mut self) -> Fr {
        bn256::Fr::random(&mut self.rng).into()
    }

    /// The next `count` elements.
    pub(crate) fn elements(&mut self, count: usize) -> Vec<Fr> {
        (0..count).map(|_| self.element()).collect()
    }

    /// Draws the blinding factors of `count` commitments. KZG commitments of the stock library don't use them, but
    /// it draws them.
    pub(crate) fn skip_blinds(&mut self, count: usize) {
        (0..count).for_each(|_| {
            self.element();
        });
    }

    /// The vanishing argument's random polynomial.
    pub(crate) fn polynomial(&mut self, size: usize) -> Result<Vec<Fr>, ProveError> {
        /// Elements drawn by one call of the generator.
        const CHUNK: usize = 1 << 10;
        if let Some(coefficients) = self.polynomial.take() {
            if coefficients.len() != size {
                return Err(ProveError::RandomPolynomial { expected: size, got: coefficients.len() });
            }
            return Ok(coefficients);
        }
        let mut coefficients = Vec::with_capacity(size);
        let mut bytes = vec![[0u8; 64]; CHUNK.min(size)];
        while coefficients.len() < size {
            bytes.truncate(size - coefficients.len());
            self.rng.fill_bytes(bytes.as_flattened_mut());
            coefficients.par_extend(bytes.par_iter().map(|bytes| Fr::from(bn256::Fr::from_uniform_bytes(bytes))));
        }
        Ok(coefficients)
    }
}
