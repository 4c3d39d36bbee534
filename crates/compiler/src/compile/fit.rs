//! How well a model fits its float network, and the target that it must meet.

use std::fmt;

use hushproof_core::{
    error::Result,
    graph::{Model, Network},
};
use rayon::prelude::*;
use serde::Serialize;

use super::trace;
use crate::quant::{Accuracy, Comparison, Scales, accepted};

/// Least share of rows in which the class must be the float network's, unless asked otherwise.
pub const AGREEMENT: f64 = 0.995;
/// Largest error as a share of the output's range, unless asked otherwise.
pub const RANGE_SHARE: f64 = 0.01;
/// What the search aims for, as a share of the errors that the target allows: other rows than those it sees do worse.
const AIM: f64 = 0.25;
/// Rows below which the output's range counts from 0.
const FEW_ROWS: usize = 10;
/// Margins below this share of the largest score are ties, whose class says nothing.
const TIE: f64 = 1e-6;

/// Shifts of so many rows, evenly spaced, stand for those of all.
const MAX_SHIFTS: usize = 1000;

/// What a model must meet on the rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Where the output is a class, it is the float network's in all rows but a few, [`AGREEMENT`]; else no output is
    /// further off than a share of the outputs' range, [`RANGE_SHARE`].
    Shares,
    /// No output is further off than this.
    MaxError(f64),
}

/// How well a model fits its float network on some rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fit {
    /// Rows looked at.
    pub rows: usize,
    /// Rows that the model refuses.
    pub refused: usize,
    /// Largest |model − float| over outputs and accepted rows; `None` for decisions.
    pub max_error: Option<f64>,
    /// Largest less least output of the float network; of few rows it counts from 0. 0 for decisions.
    pub output_range: f64,
    /// Share of rows with the same class, ties and refused rows counting as they come; `None` where the output is no
    /// class.
    pub agreement: Option<f64>,
    /// Share of rows whose class is expected to differ on data like these: see [`Target`].
    pub expected_disagreement: Option<f64>,
    /// The outputs' errors and classes as they come, of the same pass.
    #[serde(skip)]
    pub accuracy: Accuracy,
}

impl Fit {
    /// Largest error as a share of the output's range.
    pub fn error_share(&self) -> f64 {
        let range = if self.output_range > 0.0 { self.output_range } else { 1.0 };
        self.max_error.unwrap_or(0.0) / range
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.refused > 0 {
            parts.push(format!("{} of {} rows out of range", self.refused, self.rows));
        }
        if let Some(error) = self.max_error {
            parts.push(format!("largest error {error:.3e} ({:.3} % of the range)", self.error_share() * 100.0));
        }
        if let Some(agreement) = self.agreement {
            parts.push(format!("same class in {:.2} % of rows", agreement * 100.0));
        }
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shares => write!(
                f,
                "the same class in at least {} % of rows, or where there is none errors of at most {} % of the output's range",
                AGREEMENT * 100.0,
                RANGE_SHARE * 100.0
            ),
            Self::MaxError(error) => write!(f, "an error of at most {error}"),
        }
    }
}

impl Target {
    /// Whether a fit meets the target.
    pub fn is_met(&self, fit: &Fit) -> bool {
        let met = match (self, fit.agreement) {
            (Self::Shares, Some(agreement)) => agreement >= AGREEMENT,
            (Self::Shares, None) => fit.error_share() <= RANGE_SHARE,
            (Self::MaxError(limit), agreement) => match fit.max_error {
                Some(error) => error <= *limit,
                // Of a decision nothing else can be asked.
                None => agreement.is_none_or(|agreement| agreement >= AGREEMENT),
            },
        };
        met && fit.refused == 0
    }

    /// Whether a fit is as good as the search wants it, so that rows it has not seen meet the target too. A limit that
    /// was asked for is met as it stands.
    pub(super) fn is_aim(&self, fit: &Fit) -> bool {
        let doubt = 1.0 - fit.agreement.unwrap_or(1.0);
        let doubt = doubt.max(fit.expected_disagreement.unwrap_or(0.0));
        let close = match self {
            Self::Shares => doubt <= AIM * (1.0 - AGREEMENT) && fit.error_share() <= AIM * RANGE_SHARE,
            Self::MaxError(_) => true,
        };
        close && self.is_met(fit)
    }
}

/// What the float network gives on some rows.
pub(super) struct Reference<'a> {
    network: &'a Network,
    rows: Vec<&'a [f64]>,
    /// Outputs of each row, with what their reader applies.
    outputs: Vec<Vec<f64>>,
    /// What the class of each row is read off.
    scores: Vec<Vec<f64>>,
    range: f64,
}

/// How far a row's class is from another, and how far a model moved it.
#[derive(Debug, Clone, Copy)]
struct Margin {
    distance: f64,
    shift: f64,
}

impl<'a> Reference<'a> {
    /// Runs the float network on rows of the right length.
    pub(super) fn new(network: &'a Network, rows: Vec<&'a [f64]>) -> Self {
        let scores: Vec<Vec<f64>> = rows.par_iter().map(|row| scores(network, row)).collect();
        let outputs: Vec<Vec<f64>> = scores.iter().map(|scores| outputs(network, scores)).collect();
        let all = || outputs.iter().flatten().copied();
        let (low, high) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
        let from_zero = rows.len() < FEW_ROWS || low == high;
        let range = if from_zero { high.max(0.0) - low.min(0.0) } else { high - low };
        let range = if network.decision().is_none() && range.is_finite() { range } else { 0.0 };
        Self { network, rows, outputs, scores, range }
    }

    /// Number of rows.
    pub(super) const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Compares a model.
    ///
    /// # Errors
    /// Those of the executor other than `InputRange` and `ActivationRange`, which are counted.
    pub(super) fn measure(&self, model: &Model, scales: &Scales) -> Result<Fit> {
        let network = self.network;
        let values = network.decision().is_none();
        let got: Vec<_> = self.rows.par_iter().map(|row| self.run(model, scales, row)).collect();
        let mut comparison = Comparison::new(network);
        let (mut same, mut classes, mut margins) = (0usize, 0usize, Vec::new());
        for ((got, expected), scores) in got.into_iter().zip(&self.outputs).zip(&self.scores) {
            let got = accepted(got)?;
            comparison.see(expected, got.as_ref().map(|(outputs, _)| outputs.as_slice()))?;
            let class = network.class(expected).filter(|_| network.is_classifier());
            classes += usize::from(class.is_some());
            let Ok((got, moved)) = got else { continue };
            let margin = class.as_ref().and_then(|_| self.margin(scores, &moved));
            let tie = margin.is_none() && !network.gives_class();
            same += usize::from(tie || network.class(&got) == class);
            margins.extend(margin);
        }
        let is_class = classes > 0;
        let accuracy = comparison.accuracy();
        Ok(Fit {
            rows: accuracy.rows,
            refused: accuracy.out_of_range,
            max_error: values.then(|| accuracy.max_abs_error.unwrap_or(0.0)),
            output_range: self.range,
            agreement: is_class.then_some(same as f64 / accuracy.rows.max(1) as f64),
            expected_disagreement: is_class.then(|| expected_disagreement(&margins)),
            accuracy,
        })
    }

    /// Outputs and scores of a model on a row.
    fn run(&self, model: &Model, scales: &Scales, row: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
        if self.network.decision().is_none() {
            let scores = model.scores(row)?;
            return Ok((outputs(self.network, &scores), scores));
        }
        let mut trace = trace::integers(model, self.network, scales, row)?;
        Ok((model.predict(row)?, trace.tensors.pop().unwrap_or_default()))
    }

    /// `None` for ties, where there is no class, and where the network itself gives it.
    fn margin(&self, scores: &[f64], moved: &[f64]) -> Option<Margin> {
        let network = self.network;
        if network.gives_class() {
            return None;
        }
        let largest = scores.iter().map(|score| score.abs()).fold(0.0, f64::max);
        let margin = match network.decides_at() {
            Some(at) => {
                let nearest = (0..scores.len()).min_by(|a, b| {
                    let distance = |index: usize| (scores[index] - at).abs();
                    distance(*a).total_cmp(&distance(*b))
                })?;
                Margin { distance: (scores[nearest] - at).abs(), shift: (moved[nearest] - scores[nearest]).abs() }
            }
            None if scores.len() > 1 => {
                let mut order: Vec<usize> = (0..scores.len()).collect();
                order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
                let (first, second) = (order[0], order[1]);
                let distance = |values: &[f64]| values[first] - values[second];
                Margin { distance: distance(scores), shift: (distance(moved) - distance(scores)).abs() }
            }
            None => return None,
        };
        (margin.distance > TIE * largest).then_some(margin)
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

/// What the float network's class is read off: the outputs before their reader applies a function, or what a decision
/// compares.
fn scores(network: &Network, row: &[f64]) -> Vec<f64> {
    trace::float(network, row).tensors.pop().unwrap_or_default()
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
