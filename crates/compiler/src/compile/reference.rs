//! The float network's outputs on the rows, which models are compared with.

use std::sync::OnceLock;

use hushproof_core::{
    error::Result,
    graph::{Model, Network},
};

use super::trace;
use crate::quant::{Accuracy, Comparison, Demand, Margin, Scales, Target, accepted, in_parts};

/// Shifts of so many rows, evenly spaced, stand for those of all.
const MAX_SHIFTS: usize = 1000;

/// What the float network gives on some rows; it is run once on each.
pub(super) struct Reference<'a> {
    network: &'a Network,
    target: Target,
    demands: Vec<Demand>,
    rows: Vec<&'a [f64]>,
    given: Vec<OnceLock<Given>>,
}

/// What the float network gives on a row.
struct Given {
    /// Outputs, with what their reader applies.
    outputs: Vec<f64>,
    /// What classes are read off.
    scores: Vec<f64>,
}

impl<'a> Reference<'a> {
    /// Of rows of the right length.
    pub(super) fn new(network: &'a Network, target: Target, rows: &'a [Vec<f64>]) -> Self {
        let given = rows.iter().map(|_| OnceLock::new()).collect();
        Self {
            network,
            target,
            demands: target.demands(network),
            rows: rows.iter().map(Vec::as_slice).collect(),
            given,
        }
    }

    /// Compares a model on every `step`-th row; `report` is called with the fraction of them that is done.
    ///
    /// # Errors
    /// Those of the executor other than refusals of a row, which are counted.
    pub(super) fn measure(
        &self,
        model: &Model,
        scales: &Scales,
        step: usize,
        report: &mut dyn FnMut(f64),
    ) -> Result<Accuracy> {
        let comparison = Comparison::new(self.network, self.target);
        self.compare(comparison, model, scales, step, report)
    }

    /// Compares a model on all of these rows, with the ranges that outputs have on every `step`-th row of another
    /// reference.
    ///
    /// # Errors
    /// Those of [`Self::measure`].
    pub(super) fn measure_beside(&self, known: &Self, step: usize, model: &Model, scales: &Scales) -> Result<Accuracy> {
        let mut comparison = Comparison::new(self.network, self.target);
        (0..known.rows.len()).step_by(step).for_each(|row| comparison.reach(&known.given(row).outputs));
        self.compare(comparison, model, scales, 1, &mut |_| {})
    }

    fn compare(
        &self,
        mut comparison: Comparison,
        model: &Model,
        scales: &Scales,
        step: usize,
        report: &mut dyn FnMut(f64),
    ) -> Result<Accuracy> {
        let rows: Vec<usize> = (0..self.rows.len()).step_by(step).collect();
        let got = in_parts(&rows, |row| (self.given(*row), self.run(model, scales, self.rows[*row])), report);
        let mut margins = vec![Vec::new(); self.demands.len()];
        for (given, got) in got {
            let got = accepted(got)?;
            let outputs = got.as_ref().map(|(outputs, _)| outputs.as_slice());
            comparison.see(&given.outputs, Some(&given.scores), outputs)?;
            let Ok((_, moved)) = got else { continue };
            for (demand, margins) in self.demands.iter().zip(&mut margins) {
                margins.extend(demand.margin(&given.scores, &moved));
            }
        }
        let held = self.demands.iter().zip(&margins).filter(|(demand, _)| demand.is_class_held());
        let expected_disagreement = held.map(|(_, margins)| expected_disagreement(margins)).reduce(f64::max);
        Ok(Accuracy { expected_disagreement, ..comparison.accuracy() })
    }

    fn given(&self, row: usize) -> &Given {
        self.given[row].get_or_init(|| {
            let scores = scores(self.network, self.rows[row]);
            Given { outputs: outputs(self.network, &scores), scores }
        })
    }

    /// Outputs and scores of a model on a row.
    fn run(&self, model: &Model, scales: &Scales, row: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
        if self.network.committed.is_some() {
            let values = model.predict(row)?;
            return Ok((values.clone(), values));
        }
        if self.network.decision().is_none() {
            let scores = model.scores(row)?;
            return Ok((outputs(self.network, &scores), scores));
        }
        let mut trace = trace::integers(model, self.network, scales, row)?;
        Ok((model.predict(row)?, trace.tensors.pop().unwrap_or_default()))
    }
}

/// The share of rows whose class is expected to differ. Margins and shifts of all rows are paired, as either may meet
/// the other on rows that were not seen. A margin seen stands for any up to twice as large, so that few rows do not
/// rule out small ones, and one shift in two goes away from the other class.
fn expected_disagreement(margins: &[Margin]) -> f64 {
    let shifts: Vec<f64> = margins.iter().step_by(margins.len() / MAX_SHIFTS + 1).map(|margin| margin.shift).collect();
    let pairs = (margins.len() * shifts.len()).max(1) as f64;
    let flips = |margin: &Margin| shifts.iter().map(|shift| (shift / (2.0 * margin.distance)).min(1.0)).sum::<f64>();
    margins.iter().map(flips).sum::<f64>() / (2.0 * pairs)
}

/// What the float network's classes are read off: the outputs before their reader applies a function, or what a
/// decision compares.
fn scores(network: &Network, row: &[f64]) -> Vec<f64> {
    network.outputs(trace::float(network, row).tensors.pop().unwrap_or_default())
}

/// The outputs that scores give.
fn outputs(network: &Network, scores: &[f64]) -> Vec<f64> {
    let mut outputs = scores.to_vec();
    match network.layers.last().filter(|last| last.activation.decision().is_some()) {
        Some(last) => last.activation.apply(last.shape, outputs),
        None => {
            network.finish.iter().for_each(|finish| finish.apply(&mut outputs));
            outputs
        }
    }
}
