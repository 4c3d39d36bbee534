//! Progress and cancellation.

use core::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::ProveError;

/// What the prover is doing, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Computing and committing the witness columns of a phase (0 or 1).
    Witness {
        /// The phase.
        phase: u8,
    },
    /// The products of the permutation argument.
    Permutation,
    /// Committing the random polynomial.
    Random,
    /// The quotient of the constraints by the vanishing polynomial, coset by coset.
    Quotient,
    /// Committing the quotient.
    QuotientCommitment,
    /// Evaluating the polynomials at the challenge point.
    Evaluations,
    /// Proving the evaluations.
    Openings,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Witness { phase } => write!(f, "witness, phase {phase}"),
            Self::Permutation => f.write_str("permutation"),
            Self::Random => f.write_str("random polynomial"),
            Self::Quotient => f.write_str("quotient"),
            Self::QuotientCommitment => f.write_str("quotient commitment"),
            Self::Evaluations => f.write_str("evaluations"),
            Self::Openings => f.write_str("openings"),
        }
    }
}

/// How the application watches and stops a proof; the default does neither.
#[derive(Clone, Copy, Default)]
pub struct Control<'a> {
    /// Called on the proving thread with the stage and the fraction of it that is done, 0 at its start and never
    /// decreasing within it.
    pub progress: Option<&'a dyn Fn(Stage, f32)>,
    /// Once true, the proof ends with [`ProveError::Cancelled`] before the next piece of work.
    pub cancelled: Option<&'a AtomicBool>,
}

impl Control<'_> {
    /// Reports that `done` of `total` pieces of a stage are done, unless the proof was cancelled.
    pub(crate) fn step(&self, stage: Stage, done: usize, total: usize) -> Result<(), ProveError> {
        if self.cancelled.is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Err(ProveError::Cancelled);
        }
        if let Some(progress) = self.progress {
            progress(stage, if total == 0 { 0.0 } else { done as f32 / total as f32 });
        }
        Ok(())
    }
}
