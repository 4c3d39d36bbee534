//! The random values of a proof.

use std::fmt;

use halo2curves::bn256;
use halo2curves::ff::Field;
use hushproof_bn254::Fr;
use rand_core::RngCore;

use crate::error::ProveError;

/// Coefficients of the vanishing argument's random polynomial r, lowest first. All that a proof shows of r are r(s), s
/// the secret of the reference string, in exponents, and r(x): both openings are functions of these two. Two uniform
/// coefficients make them uniform and independent unless x = s, exactly as the stock prover's 2^k coefficients do; the
/// rest is a margin.
const HIDING_COEFFICIENTS: usize = 8;

/// The values of each advice column's last rows, which are random and hide the column: secret, so that `Debug` does not
/// show them.
#[derive(Clone)]
pub struct RandomRows(pub(crate) Vec<Vec<Fr>>);

impl RandomRows {
    /// Those of a column; none where there is no such column.
    pub fn of(&self, column: usize) -> &[Fr] {
        self.0.get(column).map_or(&[], Vec::as_slice)
    }
}

impl fmt::Debug for RandomRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RandomRows").finish_non_exhaustive()
    }
}

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

    /// With the coefficients of the vanishing argument's random polynomial given, as many as the circuit has rows: the
    /// stock prover draws them from `thread_rng`, so this is how a test obtains the proof that it made.
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

    /// The vanishing argument's random polynomial, r: the given one, else one of [`HIDING_COEFFICIENTS`].
    pub(crate) fn polynomial(&mut self, size: usize) -> Result<Vec<Fr>, ProveError> {
        match self.polynomial.take() {
            Some(coefficients) if coefficients.len() != size => {
                Err(ProveError::RandomPolynomial { expected: size, got: coefficients.len() })
            }
            Some(coefficients) => Ok(coefficients),
            None => Ok(self.elements(HIDING_COEFFICIENTS.min(size))),
        }
    }
}
