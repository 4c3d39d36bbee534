//! How close the integer model is to the float network.

use std::fmt;

use hushproof_core::{
    error::{ArtifactKind, Error, Figures, OutputError, Result},
    graph::{Meaning, Model, Network},
    schema::Schema,
};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::Serialize;

use super::target::{AGREEMENT, Demand, RANGE_SHARE, Spread, Target};

/// Rows below which a range counts from 0: they may lie near one another.
const FEW_ROWS: usize = 10;
/// Where rows do not show the range of a value, because they are few or it is always the same, it is no less than this
/// share of the range of its output.
const FLOOR: f64 = 0.1;
/// Ranges below this share of the largest value are those of a constant, computed in floats.
const CONSTANT: f64 = 1e-6;
/// What a layout search aims for, as a share of the errors that the target allows: other rows than those it sees do
/// worse.
const AIM: f64 = 0.25;

/// Accuracy of a model over some rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accuracy {
    /// Rows evaluated.
    pub rows: usize,
    /// Rows that the model refuses, because a value leaves the calibrated range.
    pub out_of_range: usize,
    /// The first of these refusals, with its row.
    pub first_refusal: Option<String>,
    /// Rows with the same class, ties counting as the same; none where no output is a class. A refused row does not
    /// agree.
    pub agreeing: Option<usize>,
    /// `agreeing / rows`.
    pub top1_agreement: Option<f64>,
    /// Largest |model − float| over values and accepted rows; none for decisions, and where all rows were refused.
    pub max_abs_error: Option<f64>,
    /// Mean |model − float| over values and accepted rows.
    pub mean_abs_error: Option<f64>,
    /// The share of rows whose class is expected to differ on data like these, where a layout search tells it.
    pub expected_disagreement: Option<f64>,
    /// What was asked for.
    pub target: Target,
    /// Each output for itself.
    pub outputs: Vec<OutputAccuracy>,
}

/// Accuracy of one output over some rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutputAccuracy {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub meaning: Meaning,
    /// Largest |model − float|; none for whole numbers, and where all rows were refused.
    pub max_abs_error: Option<f64>,
    /// Mean |model − float|.
    pub mean_abs_error: Option<f64>,
    /// Largest error of a value as a share of that value's range; of a committed output beyond half a step of its record.
    pub range_share: Option<f64>,
    /// The value whose error that is, flat in ONNX order.
    pub element: Option<usize>,
    /// The range that it is a share of.
    pub range: Option<f64>,
    /// Share of its classes, or whole numbers, that are the float network's; none where it is no class.
    pub agreement: Option<f64>,
    /// Whether the target asks for its class.
    pub class_held: bool,
    /// Whether the target asks for its values.
    pub values_held: bool,
    /// Whether it meets the target.
    pub met: bool,
}

impl OutputAccuracy {
    /// The largest part of what a target allows that is used: 1 or less meets it.
    fn used(&self, target: Target) -> f64 {
        let error = match target {
            _ if !self.values_held => 0.0,
            Target::MaxError(limit) => self.max_abs_error.unwrap_or(0.0) / limit,
            _ => self.range_share.unwrap_or(0.0) / RANGE_SHARE,
        };
        let doubt = if self.class_held { 1.0 - self.agreement.unwrap_or(1.0) } else { 0.0 };
        error.max(doubt / (1.0 - AGREEMENT))
    }

    /// Whether values that nobody asked for are further off than others may be.
    pub fn is_far(&self) -> bool {
        !self.values_held && self.range_share.is_some_and(|share| share > RANGE_SHARE)
    }
}

impl Accuracy {
    /// Whether the target is met; refused rows miss it.
    pub fn is_met(&self) -> bool {
        self.out_of_range == 0 && self.is_right()
    }

    /// Whether the target is met on the rows that are not refused.
    pub(crate) fn is_right(&self) -> bool {
        self.outputs.iter().all(|output| output.met)
    }

    /// Whether it is met so well that rows which were not seen should meet it, too. A limit that was asked for is met
    /// as it stands.
    pub(crate) fn is_aim(&self) -> bool {
        self.is_met() && (matches!(self.target, Target::MaxError(_)) || self.strain() <= AIM)
    }

    /// How near the outputs are to missing the target, from 0; rows that were not seen counted in.
    pub(crate) fn strain(&self) -> f64 {
        let doubt = self.expected_disagreement.unwrap_or(0.0) / (1.0 - AGREEMENT);
        let used = self.outputs.iter().map(|output| match self.target {
            // What costs nothing more is taken.
            Target::Auto if !output.values_held => {
                output.used(self.target).max(output.range_share.unwrap_or(0.0) / RANGE_SHARE)
            }
            _ => output.used(self.target),
        });
        used.fold(doubt, f64::max)
    }

    /// Largest error as a share of a value's range.
    pub fn error_share(&self) -> Option<f64> {
        self.outputs.iter().filter_map(|output| output.range_share).reduce(f64::max)
    }

    /// The figures that an error tells.
    pub(crate) fn figures(&self) -> Figures {
        let of = |output: &OutputAccuracy| OutputError {
            name: output.name.clone(),
            max_abs_error: output.max_abs_error,
            range_share: output.range_share,
            agreement: output.agreement,
            met: output.met,
        };
        Figures { rows: self.rows, out_of_range: self.out_of_range, outputs: self.outputs.iter().map(of).collect() }
    }

    /// What differs between layouts, in a few words.
    pub(crate) fn short(&self) -> String {
        let mut parts = Vec::new();
        if self.out_of_range > 0 {
            parts.push(format!("{} of {} rows out of range", self.out_of_range, self.rows));
        }
        if let (Some(error), Some(share)) = (self.max_abs_error, self.error_share()) {
            parts.push(format!("largest error {error:.3e} ({:.3} % of a value's range)", share * 100.0));
        }
        if let Some(agreement) = self.top1_agreement {
            parts.push(format!("same class in {:.2} % of rows", agreement * 100.0));
        }
        parts.join(", ")
    }

    /// What misses the target.
    pub fn missed(&self) -> String {
        let mut parts = Vec::new();
        if let Some(first) = &self.first_refusal {
            parts.push(format!("{} of {} rows out of range, the first in {first}", self.out_of_range, self.rows));
        }
        let outputs = self.outputs.iter().filter(|output| !output.met);
        parts.extend(outputs.map(|output| format!("`{}`: {output}", output.name)));
        parts.join("; ")
    }

    /// A line for each output.
    pub fn lines(&self) -> Vec<String> {
        self.outputs.iter().map(|output| format!("{}: {output}", output.name)).collect()
    }

    /// What is to be said of values that the target does not ask for: those that are far off.
    pub fn warnings(&self) -> Vec<String> {
        let far = self.outputs.iter().filter(|output| output.is_far());
        far.map(|output| {
            let share = output.range_share.unwrap_or(0.0) * 100.0;
            format!(
                "the values of `{}` are off by up to {share:.2} % of their range; only the class was asked for (--target values)",
                output.name
            )
        })
        .collect()
    }
}

impl fmt::Display for OutputAccuracy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let (Some(max), Some(mean)) = (self.max_abs_error, self.mean_abs_error) {
            let share =
                self.range_share.map_or_else(String::new, |share| format!(" ({:.3} % of its range)", share * 100.0));
            parts.push(format!("error at most {max:.3e}{share}, mean {mean:.3e}"));
        }
        if let Some(agreement) = self.agreement {
            let what = if self.meaning == Meaning::Integers { "equal" } else { "same class" };
            parts.push(format!("{what} in {:.2} %", agreement * 100.0));
        }
        parts.push(if self.met { "met" } else { "missed" }.to_owned());
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Display for Accuracy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows", self.rows)?;
        if let (Some(agreeing), Some(share)) = (self.agreeing, self.top1_agreement) {
            write!(f, ", same class in {agreeing} ({:.2} %)", share * 100.0)?;
        }
        if let (Some(max), Some(mean)) = (self.max_abs_error, self.mean_abs_error) {
            write!(f, ", absolute error at most {max:.3e}, mean {mean:.3e}")?;
        }
        if let Some(share) = self.error_share() {
            write!(f, ", {:.3} % of a value's range", share * 100.0)?;
        }
        match &self.first_refusal {
            Some(first) => write!(f, "; {} out of range, the first in {first}", self.out_of_range),
            None => write!(f, "; none out of range"),
        }
    }
}

/// Compares a model with its float original over rows (flat, ONNX order). `expected` are the float outputs of each row;
/// `network` says what they are ([`Network::parts`]).
///
/// # Errors
/// `Artifact` without rows, `Option` for a target that the network can't have, `Graph` where the float network gives
/// another number of outputs, and every error of the model but refusals of a row, which are counted.
pub fn evaluate(
    expected: &[Vec<f64>],
    network: &Network,
    target: Target,
    model: &Model,
    rows: &[Vec<f64>],
) -> Result<Accuracy> {
    if rows.is_empty() {
        return Err(Error::artifact(ArtifactKind::Data, "no rows"));
    }
    target.check(network)?;
    let outputs: Vec<_> = rows.par_iter().map(|row| model.predict(row)).collect();
    let mut comparison = Comparison::new(network, target);
    for (expected, got) in expected.iter().zip(outputs) {
        let got = accepted(got)?;
        comparison.see(expected, None, got.as_deref())?;
    }
    Ok(comparison.accuracy())
}

/// What a model gives, or why it refuses a row.
///
/// # Errors
/// All but refusals of a row ([`Error::refuses_input`]).
pub(crate) fn accepted<T>(outcome: Result<T>) -> Result<Result<T, String>> {
    match outcome {
        Ok(got) => Ok(Ok(got)),
        Err(error) if error.refuses_input() => Ok(Err(error.to_string())),
        Err(error) => Err(error),
    }
}

/// The outputs of a float network and a model, row by row.
pub(crate) struct Comparison {
    target: Target,
    output: String,
    /// Whether the outputs are decisions, of which no score is seen.
    decides: bool,
    /// By how much the values of a committed output are off where its record rounds them; empty for others.
    rounding: Vec<f64>,
    demands: Vec<Demand>,
    seen: Vec<Seen>,
    /// Rows that ranges are from.
    ranged: usize,
    rows: usize,
    refused: usize,
    first_refusal: Option<String>,
    agreeing: usize,
}

/// One output so far.
#[derive(Debug, Clone)]
struct Seen {
    /// Least and largest value and largest error of each element.
    elements: Vec<Element>,
    sum: f64,
    count: usize,
    agreeing: usize,
    classes: usize,
}

#[derive(Debug, Clone, Copy)]
struct Element {
    low: f64,
    high: f64,
    error: f64,
    /// The largest error beyond what a record's rounding adds.
    beyond: f64,
}

impl Element {
    const NONE: Self = Self { low: f64::INFINITY, high: f64::NEG_INFINITY, error: 0.0, beyond: 0.0 };

    fn of(self, other: &Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            error: self.error.max(other.error),
            beyond: self.beyond.max(other.beyond),
        }
    }

    /// Range with 0 in it.
    fn span_with_zero(self) -> f64 {
        self.high.max(0.0) - self.low.min(0.0)
    }
}

/// Half of what the integers of each element of a record are apart.
fn half_steps(schema: &Schema) -> Vec<f64> {
    (0..schema.len()).map(|at| schema.scaling(at).0 / 2.0).collect()
}

impl Comparison {
    /// Of no rows.
    pub(crate) fn new(network: &Network, target: Target) -> Self {
        let demands = target.demands(network);
        let seen = |demand: &Demand| Seen {
            elements: vec![Element::NONE; demand.len],
            sum: 0.0,
            count: 0,
            agreeing: 0,
            classes: 0,
        };
        Self {
            target,
            output: network.output.name.clone(),
            decides: network.decision().is_some(),
            rounding: network.committed.iter().flat_map(half_steps).collect(),
            seen: demands.iter().map(seen).collect(),
            demands,
            ranged: 0,
            rows: 0,
            refused: 0,
            first_refusal: None,
            agreeing: 0,
        }
    }

    /// Takes in the outputs of a row for the ranges alone.
    pub(crate) fn reach(&mut self, expected: &[f64]) {
        self.ranged += 1;
        for (demand, seen) in self.demands.iter().zip(&mut self.seen) {
            for (element, value) in seen.elements.iter_mut().zip(demand.part(expected)) {
                element.low = element.low.min(*value);
                element.high = element.high.max(*value);
            }
        }
    }

    /// Takes in the next row; `scores` are what its class is read off where that is not the values themselves, `got`
    /// may be why the model refuses it.
    ///
    /// # Errors
    /// `Graph` where the two give different numbers of values.
    pub(crate) fn see(&mut self, expected: &[f64], scores: Option<&[f64]>, got: Result<&[f64], &String>) -> Result<()> {
        let row = self.rows;
        self.rows += 1;
        self.reach(expected);
        for (demand, seen) in self.demands.iter().zip(&mut self.seen) {
            seen.classes += demand.agreeing(expected, expected).1;
        }
        let got = match got {
            Ok(got) => got,
            Err(refusal) => {
                self.refused += 1;
                self.first_refusal.get_or_insert_with(|| format!("row {row}: {refusal}"));
                return Ok(());
            }
        };
        if got.len() != expected.len() {
            let reason = format!("the float network gives {} values, the model {}", expected.len(), got.len());
            return Err(Error::Graph { node: self.output.clone(), reason });
        }
        let beyond = self.beyond(expected, got);
        let scores = scores.or((!self.decides).then_some(expected));
        let mut same = true;
        for (demand, seen) in self.demands.iter().zip(&mut self.seen) {
            let (agreeing, classes) = demand.agreeing(expected, got);
            let agreeing = if scores.is_some_and(|scores| demand.is_tie(scores)) { classes } else { agreeing };
            seen.agreeing += agreeing;
            same &= agreeing == classes;
            let errors =
                demand.part(got).iter().zip(demand.part(expected)).map(|(got, expected)| (got - expected).abs());
            // A value that is no number is as far off as can be.
            let known = |error: f64| if error.is_nan() { f64::INFINITY } else { error };
            for ((element, error), beyond) in seen.elements.iter_mut().zip(errors).zip(demand.part(&beyond)) {
                let error = known(error);
                element.error = element.error.max(error);
                element.beyond = element.beyond.max(known(*beyond));
                seen.sum += error;
                seen.count += 1;
            }
        }
        self.agreeing += usize::from(same);
        Ok(())
    }

    /// Errors less what a record's rounding may have added.
    fn beyond(&self, expected: &[f64], got: &[f64]) -> Vec<f64> {
        let halves = self.rounding.iter().copied().chain(std::iter::repeat(0.0));
        let error = |(half, (expected, got)): (f64, (&f64, &f64))| match (got - expected).abs() - half {
            error if error.is_nan() => error,
            error => error.max(0.0),
        };
        halves.zip(expected.iter().zip(got)).map(error).collect()
    }

    /// The accuracy over the rows seen.
    pub(crate) fn accuracy(self) -> Accuracy {
        let mut outputs = Vec::with_capacity(self.demands.len());
        let (mut sum, mut count) = (0.0, 0usize);
        for (demand, seen) in self.demands.iter().zip(&self.seen) {
            let whole = demand.meaning == Meaning::Integers;
            let compared = !whole && seen.count > 0;
            if compared {
                sum += seen.sum;
                count += seen.count;
            }
            let worst = compared.then(|| seen.worst(demand.spread, self.ranged)).flatten();
            let mut output = OutputAccuracy {
                name: demand.name.clone(),
                meaning: demand.meaning,
                max_abs_error: compared.then(|| seen.elements.iter().map(|element| element.error).fold(0.0, f64::max)),
                mean_abs_error: compared.then(|| seen.sum / seen.count as f64),
                range_share: worst.map(|(_, error, range)| error / range),
                element: worst.map(|(element, ..)| element),
                range: worst.map(|(.., range)| range),
                agreement: (demand.class.is_some() && seen.classes > 0)
                    .then(|| seen.agreeing as f64 / seen.classes as f64),
                class_held: demand.class_held,
                values_held: demand.values_held,
                met: false,
            };
            output.met = output.used(self.target) <= 1.0;
            outputs.push(output);
        }
        let classes = self.demands.iter().any(|demand| demand.class.is_some());
        Accuracy {
            rows: self.rows,
            out_of_range: self.refused,
            first_refusal: self.first_refusal,
            agreeing: classes.then_some(self.agreeing),
            top1_agreement: classes.then(|| self.agreeing as f64 / self.rows.max(1) as f64),
            max_abs_error: outputs.iter().filter_map(|output| output.max_abs_error).reduce(f64::max),
            mean_abs_error: (count > 0).then(|| sum / count as f64),
            expected_disagreement: None,
            target: self.target,
            outputs,
        }
    }
}

impl Seen {
    /// The element with the largest error as a share of its range, with both.
    fn worst(&self, spread: Spread, rows: usize) -> Option<(usize, f64, f64)> {
        let all = self.elements.iter().fold(Element::NONE, Element::of);
        let few = rows < FEW_ROWS;
        let known = |range: f64| if range > 0.0 && range.is_finite() { range } else { 1.0 };
        let whole = if few || all.high == all.low { all.span_with_zero() } else { all.high - all.low };
        let range = |element: Element| {
            let (range, zero) = (element.high - element.low, element.span_with_zero());
            let largest = element.high.abs().max(element.low.abs());
            known(if few || range <= CONSTANT * largest { zero.max(FLOOR * whole) } else { range })
        };
        let size = match spread {
            Spread::One | Spread::Output => self.elements.len(),
            Spread::Own(size) => size,
        };
        let shares = self.elements.chunks(size.max(1)).enumerate().filter_map(|(chunk, elements)| {
            let quantity = elements.iter().fold(Element::NONE, Element::of);
            let range = match spread {
                Spread::One => 1.0,
                Spread::Output => known(whole),
                Spread::Own(_) => range(quantity),
            };
            let worst = (0..elements.len()).max_by(|a, b| elements[*a].beyond.total_cmp(&elements[*b].beyond))?;
            Some((chunk * size + worst, elements[worst].beyond, range))
        });
        shares.max_by(|a, b| (a.1 / a.2).total_cmp(&(b.1 / b.2)))
    }
}

#[cfg(test)]
mod tests;
