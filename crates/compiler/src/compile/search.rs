//! Which bit widths: the cheapest layout whose model meets the target on the calibration rows.

use std::ops::ControlFlow;

use hushproof_core::{
    circuit::Prediction,
    error::{Error, Result},
    graph::{Digits, Model, Network},
};
use serde::Serialize;

use super::reference::Reference;
use crate::quant::{Accuracy, Scales, Target};

/// Where no layout is as good as wanted, the cheapest one is taken whose error is at most this many times the least, or
/// this share of what the target allows.
const NEAR: f64 = 1.25;
const ENOUGH: f64 = 0.5;
/// The largest error of a function's table, as a share of the range of its values, with which rows that were not seen
/// are expected to meet the target.
const FUNCTION_ERROR: f64 = 0.01;
/// Layouts are no longer tried that cost so many times as much as one with such an error.
const DEAR: f64 = 2.0;

/// Whether the target is met with room for rows that were not seen.
fn is_enough(accuracy: &Accuracy) -> bool {
    accuracy.is_met() && accuracy.strain() <= ENOUGH
}

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
    /// How close its model is to the float network on the rows that were looked at; `None` where there is none.
    pub accuracy: Option<Accuracy>,
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
    /// What was tried, in order.
    pub attempts: Vec<Attempt>,
    /// Which of them was taken.
    pub taken: usize,
    /// Whether rows that were not seen are expected to meet it, too: some that lie between those, and wherever tables of
    /// functions are read.
    pub steady: bool,
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
    reference: Reference<'a>,
    /// Rows between those, where small errors may become large ones there.
    between: Option<Reference<'a>>,
    /// Every so manieth row is looked at first.
    step: usize,
    rows: &'a [Vec<f64>],
    network: &'a Network,
    attempts: Vec<Attempt>,
    /// The models of the attempts that have one.
    models: Vec<(usize, Model, Scales)>,
    /// Whether each attempt is expected to meet the target on other rows, too: between those seen, as far as that was
    /// looked at, and wherever tables of functions are read.
    steady: Vec<bool>,
    /// The last error of an attempt without one.
    error: Option<Error>,
}

impl<'a> Trials<'a> {
    /// Rows of the right length; models are compared on those `between`, too, before one is as good as wanted.
    pub(super) fn new(network: &'a Network, rows: &'a [Vec<f64>], between: &'a [Vec<f64>], target: Target) -> Self {
        let (reference, step) = (Reference::new(network, target, rows), super::step(network, rows.len()));
        let between = (!between.is_empty()).then(|| Reference::new(network, target, between));
        let (attempts, models, steady) = (vec![], vec![], vec![]);
        Self { target, reference, between, step, rows, network, attempts, models, steady, error: None }
    }

    /// Tries a layout with the model that `make` makes for it; breaks once it is as good as wanted. `report` is called
    /// with the fraction of the rows that it was compared on.
    ///
    /// # Errors
    /// Those of `make` but `Range`, which other layouts may not have, and of the executor.
    pub(super) fn attempt(
        &mut self,
        plan: Plan,
        make: impl FnOnce() -> Result<(Model, Scales)>,
        report: &mut dyn FnMut(f64),
    ) -> Result<ControlFlow<()>> {
        let digits = plan.digits;
        let mut attempt = Attempt {
            limb_bits: digits.limb_bits,
            value_bits: digits.value_bits(),
            remainder_bits: digits.remainder_bits(),
            k: plan.k,
            columns: plan.columns,
            predicted: plan.prediction,
            accuracy: None,
            refused: None,
        };
        let (model, scales) = match make() {
            Ok(made) => made,
            Err(error @ Error::Range { .. }) => {
                attempt.refused = Some(error.to_string());
                self.attempts.push(attempt);
                self.steady.push(false);
                self.error = Some(error);
                return Ok(ControlFlow::Continue(()));
            }
            Err(error) => return Err(error),
        };
        report(0.0);
        let mut accuracy = self.reference.measure(&model, &scales, self.step, report)?;
        if accuracy.is_aim() && self.step > 1 {
            accuracy = self.reference.measure(&model, &scales, 1, report)?;
        }
        let steady = match &self.between {
            _ if scales.function_error > FUNCTION_ERROR => false,
            Some(between) if is_enough(&accuracy) => {
                between.measure_beside(&self.reference, self.step, &model, &scales)?.is_right()
            }
            _ => true,
        };
        let good = accuracy.is_aim() && steady;
        self.steady.push(steady);
        attempt.accuracy = Some(accuracy);
        self.models.push((self.attempts.len(), model, scales));
        self.attempts.push(attempt);
        Ok(if good { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// Whether a layout of this cost is not worth trying, as a much cheaper one is exact enough.
    pub(super) fn is_cheap_enough(&self, cost: Prediction) -> bool {
        let enough = self
            .attempts
            .iter()
            .zip(&self.steady)
            .find(|(attempt, steady)| **steady && attempt.accuracy.as_ref().is_some_and(is_enough));
        enough.is_some_and(|(attempt, _)| cost.native_seconds > DEAR * attempt.predicted.native_seconds)
    }

    /// Digits of the best attempt; `None` where no attempt has a model.
    pub(super) fn best(&self) -> Option<usize> {
        let fits = || {
            self.models.iter().filter_map(|(attempt, ..)| Some((*attempt, self.attempts[*attempt].accuracy.as_ref()?)))
        };
        if let Some((attempt, _)) = fits().find(|(attempt, accuracy)| accuracy.is_aim() && self.steady[*attempt]) {
            return Some(attempt);
        }
        let steady = |(attempt, accuracy): &(usize, &Accuracy)| self.steady[*attempt] && is_enough(accuracy);
        if let Some((attempt, _)) = fits().find(steady) {
            return Some(attempt);
        }
        let rank = |(attempt, accuracy): &(usize, &Accuracy)| {
            (!accuracy.is_met(), accuracy.out_of_range, !self.steady[*attempt])
        };
        let least =
            fits().map(|fit| (rank(&fit), fit.1.strain())).min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))?;
        let near = |fit: &(usize, &Accuracy)| rank(fit) == least.0 && fit.1.strain() <= NEAR * least.1;
        fits().find(near).map(|(attempt, _)| attempt)
    }

    /// Ends the search with an attempt's model, compared on all rows.
    ///
    /// # Errors
    /// The last `Range` where no attempt has a model.
    pub(super) fn take(mut self, taken: Option<usize>) -> Result<(Model, Scales, Search)> {
        let model = taken.and_then(|taken| self.models.into_iter().find(|(attempt, ..)| *attempt == taken));
        let Some((taken, model, scales)) = model else {
            let node = self.network.name.clone();
            let none = || Error::Graph { node, reason: "no layout was tried".to_owned() };
            return Err(self.error.unwrap_or_else(none));
        };
        let attempt = &mut self.attempts[taken];
        if attempt.accuracy.as_ref().is_none_or(|accuracy| accuracy.rows < self.rows.len()) {
            attempt.accuracy = Some(self.reference.measure(&model, &scales, 1, &mut |_| {})?);
        }
        let met = attempt.accuracy.as_ref().is_some_and(Accuracy::is_met);
        let steady = self.steady[taken];
        Ok((model, scales, Search { target: self.target, met, attempts: self.attempts, taken, steady }))
    }

    /// The last attempt, where its model meets the target or the search has none that does.
    pub(super) fn last_if_good(&self) -> Option<usize> {
        let met = |attempt: &usize| self.attempts[*attempt].accuracy.as_ref().is_some_and(Accuracy::is_met);
        let last = self.attempts.len().checked_sub(1).filter(|last| self.attempts[*last].accuracy.is_some())?;
        (met(&last) || !self.models.iter().any(|(attempt, ..)| met(attempt))).then_some(last)
    }

    /// Bits of a code and of a remainder of an attempt.
    pub(super) fn bits(&self, attempt: usize) -> (u32, u32) {
        (self.attempts[attempt].value_bits, self.attempts[attempt].remainder_bits)
    }
}
