//! How far a proof is, and where its time went.

use hushproof_halo2_prover::Stage;
use serde::Serialize;
#[cfg(not(target_arch = "wasm32"))]
use std::time::Instant;
#[cfg(target_arch = "wasm32")]
use web_time::Instant;

/// Seconds of a proof's stages, in their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct StageSeconds {
    /// Commitments and transforms of the columns that no challenge enters.
    pub first_phase: f64,
    /// Values, commitments and transforms of the columns that depend on challenges.
    pub second_phase: f64,
    /// Products of the permutation argument.
    pub permutation: f64,
    /// The random polynomial.
    pub random: f64,
    /// Values of the constraints on cosets, divided by the vanishing polynomial.
    pub quotient: f64,
    /// Commitments to the quotient.
    pub quotient_commitment: f64,
    /// Evaluations at the challenge point.
    pub evaluations: f64,
    /// Openings.
    pub openings: f64,
}

impl StageSeconds {
    /// The sum.
    pub fn total(&self) -> f64 {
        self.first_phase
            + self.second_phase
            + self.permutation
            + self.random
            + self.quotient
            + self.quotient_commitment
            + self.evaluations
            + self.openings
    }
}

/// What a stage is called, and how many hundredths of a typical proof's time lie before and in it: whole numbers, so
/// that a stage's end is exactly the next one's start.
struct Share {
    name: &'static str,
    before: f64,
    of_all: f64,
}

/// Turns the prover's reports into fractions of a whole proof, and times its stages.
pub(super) struct Progress<'a> {
    report: &'a mut dyn FnMut(&'static str, f64),
    seconds: StageSeconds,
    last: Instant,
}

impl<'a> Progress<'a> {
    /// Starts the clock. `report` is called with a stage's name and the fraction of all stages that is done.
    pub(super) fn new(report: &'a mut dyn FnMut(&'static str, f64)) -> Self {
        Self { report, seconds: StageSeconds::default(), last: Instant::now() }
    }

    /// Takes a report of the prover: `fraction` of a stage is done.
    pub(super) fn report(&mut self, stage: Stage, fraction: f32) {
        let passed = std::mem::replace(&mut self.last, Instant::now()).elapsed().as_secs_f64();
        let (share, seconds) = self.stage(stage);
        *seconds += passed;
        (self.report)(share.name, (share.before + share.of_all * f64::from(fraction)) / 100.0);
    }

    /// The times so far.
    pub(super) const fn seconds(&self) -> StageSeconds {
        self.seconds
    }

    /// Where a stage stands in a typical proof, and its clock. What passes between two stages counts for the later one.
    fn stage(&mut self, stage: Stage) -> (Share, &mut f64) {
        let seconds = &mut self.seconds;
        let (name, before, of_all, seconds) = match stage {
            Stage::Witness { phase: 0 } => ("commit", 0.0, 15.0, &mut seconds.first_phase),
            Stage::Witness { .. } => ("commit", 15.0, 25.0, &mut seconds.second_phase),
            Stage::Permutation => ("commit", 40.0, 7.0, &mut seconds.permutation),
            Stage::Random => ("commit", 47.0, 3.0, &mut seconds.random),
            Stage::Quotient => ("quotient", 50.0, 30.0, &mut seconds.quotient),
            Stage::QuotientCommitment => ("quotient", 80.0, 10.0, &mut seconds.quotient_commitment),
            Stage::Evaluations => ("open", 90.0, 2.0, &mut seconds.evaluations),
            // `Stage` may grow; the last is as good a clock as any for what no one has named.
            _ => ("open", 92.0, 8.0, &mut seconds.openings),
        };
        (Share { name, before, of_all }, seconds)
    }
}
