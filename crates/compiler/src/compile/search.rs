//! Which bit widths: the cheapest layout whose model meets the target on the calibration rows.

use std::ops::ControlFlow;

use hushproof_core::{
    circuit::Prediction,
    error::{Error, Result},
    graph::{Digits, Model, Network},
};
use serde::Serialize;

use super::fit::{Fit, Reference, Target};
use crate::quant::Scales;

/// Where no layout is as good as wanted, the cheapest one is taken whose error is at most this many times the least.
const NEAR: f64 = 1.25;

/// A layout that was tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attempt {
    /// Bits of a limb.
    pub limb_bits: u32,
    /// Bits of a code.
    pub value_bits: u32,
    /// Bits of a remainder.
    pub remainder_bits: u32,
    /// log2 rows.
    pub k: u32,
    /// Advice and fixed columns.
    pub columns: usize,
    /// Predicted cost.
    pub predicted: Prediction,
    /// How its model fits; `None` where there is none.
    pub fit: Option<Fit>,
    /// Why there is no model.
    pub refused: Option<String>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Search {
    /// What was asked for.
    pub target: Target,
    /// Whether the model meets it on all rows.
    pub met: bool,
    /// Rows that were compared, of all.
    pub rows: usize,
    /// What was tried, in order.
    pub attempts: Vec<Attempt>,
    /// Which of them was taken.
    pub taken: usize,
}

/// A layout to try.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) digits: Digits,
    pub(super) k: u32,
    pub(super) columns: usize,
    pub(super) prediction: Prediction,
}

/// Models of some network, one after the other, and the best of them.
pub(super) struct Trials<'a> {
    target: Target,
    some: Reference<'a>,
    /// All rows, where `some` are fewer.
    all: Option<Reference<'a>>,
    rows: Vec<&'a [f64]>,
    network: &'a Network,
    attempts: Vec<Attempt>,
    /// The models of the attempts that have one.
    models: Vec<(usize, Model, Scales)>,
    /// The last error of an attempt without one.
    error: Option<Error>,
}

impl<'a> Trials<'a> {
    /// Rows of the right length.
    pub(super) fn new(network: &'a Network, rows: &'a [Vec<f64>], target: Target) -> Self {
        let some = Reference::new(network, super::some(network, rows));
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        Self { target, some, all: None, rows, network, attempts: vec![], models: vec![], error: None }
    }

    /// Tries a layout with the model that `make` makes for it; breaks once it is as good as wanted.
    ///
    /// # Errors
    /// Those of `make` but `Range`, which other layouts may not have, and of the executor.
    pub(super) fn attempt(
        &mut self,
        plan: Plan,
        make: impl FnOnce() -> Result<(Model, Scales)>,
    ) -> Result<ControlFlow<()>> {
        let digits = plan.digits;
        let mut attempt = Attempt {
            limb_bits: digits.limb_bits,
            value_bits: digits.value_bits(),
            remainder_bits: digits.remainder_bits(),
            k: plan.k,
            columns: plan.columns,
            predicted: plan.prediction,
            fit: None,
            refused: None,
        };
        let (model, scales) = match make() {
            Ok(made) => made,
            Err(error @ Error::Range { .. }) => {
                attempt.refused = Some(error.to_string());
                self.attempts.push(attempt);
                self.error = Some(error);
                return Ok(ControlFlow::Continue(()));
            }
            Err(error) => return Err(error),
        };
        let mut fit = self.some.measure(&model, &scales)?;
        if self.target.is_aim(&fit) && self.some.len() < self.rows.len() {
            let all = self.all.get_or_insert_with(|| Reference::new(self.network, self.rows.clone()));
            fit = all.measure(&model, &scales)?;
        }
        let good = self.target.is_aim(&fit);
        attempt.fit = Some(fit);
        self.models.push((self.attempts.len(), model, scales));
        self.attempts.push(attempt);
        Ok(if good { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// Digits of the best attempt; `None` where no attempt has a model.
    pub(super) fn best(&self) -> Option<usize> {
        let fits =
            || self.models.iter().filter_map(|(attempt, ..)| Some((*attempt, self.attempts[*attempt].fit.as_ref()?)));
        if let Some((attempt, _)) = fits().find(|(_, fit)| self.target.is_aim(fit)) {
            return Some(attempt);
        }
        let badness = |fit: &Fit| match fit.expected_disagreement {
            Some(share) if fit.refused == 0 => share,
            _ => fit.error_share(),
        };
        let rank = |fit: &Fit| (!self.target.is_met(fit), fit.refused);
        let least =
            fits().map(|(_, fit)| (rank(fit), badness(fit))).min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))?;
        fits().find(|(_, fit)| rank(fit) == least.0 && badness(fit) <= NEAR * least.1).map(|(attempt, _)| attempt)
    }

    /// Ends the search with an attempt's model.
    ///
    /// # Errors
    /// The last `Range` where no attempt has a model.
    pub(super) fn take(self, taken: Option<usize>) -> Result<(Model, Scales, Search)> {
        let model = taken.and_then(|taken| self.models.into_iter().find(|(attempt, ..)| *attempt == taken));
        let Some((taken, model, scales)) = model else {
            let node = self.network.name.clone();
            let none = || Error::Graph { node, reason: "no layout was tried".to_owned() };
            return Err(self.error.unwrap_or_else(none));
        };
        if let Some(fit) = &self.attempts[taken].fit
            && fit.refused == fit.rows
        {
            let refusal = self.rows.iter().find_map(|row| model.predict(row).err()).map(|error| error.to_string());
            let reason = format!(
                "no bit width runs a calibration row ({}); raise --margin and --input-margin",
                refusal.unwrap_or_default()
            );
            return Err(Error::Calibration { reason });
        }
        let met = self.attempts[taken].fit.as_ref().is_some_and(|fit| self.target.is_met(fit));
        let rows = self.attempts[taken].fit.as_ref().map_or(0, |fit| fit.rows);
        Ok((model, scales, Search { target: self.target, met, rows, attempts: self.attempts, taken }))
    }

    /// The last attempt, where its model meets the target or the search has none that does.
    pub(super) fn last_if_good(&self) -> Option<usize> {
        let met = |attempt: &usize| self.attempts[*attempt].fit.as_ref().is_some_and(|fit| self.target.is_met(fit));
        let last = self.attempts.len().checked_sub(1).filter(|last| self.attempts[*last].fit.is_some())?;
        (met(&last) || !self.models.iter().any(|(attempt, ..)| met(attempt))).then_some(last)
    }

    /// Bits of a code and of a remainder of an attempt.
    pub(super) fn bits(&self, attempt: usize) -> (u32, u32) {
        (self.attempts[attempt].value_bits, self.attempts[attempt].remainder_bits)
    }
}
