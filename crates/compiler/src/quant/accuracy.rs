//! How close the integer model is to the float network.

use std::fmt;

use hushproof_core::{
    error::{ArtifactKind, Error, Result},
    graph::{Model, Network},
};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

/// Accuracy of a model over some rows.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Accuracy {
    /// Rows evaluated.
    pub rows: usize,
    /// Rows that the model refuses, because a value leaves the calibrated range.
    pub out_of_range: usize,
    /// The first of these refusals, with its row.
    pub first_refusal: Option<String>,
    /// Rows with the same class; none where the output is no class. A refused row does not agree.
    pub agreeing: Option<usize>,
    /// `agreeing / rows`.
    pub top1_agreement: Option<f64>,
    /// Largest |model − float| over outputs and accepted rows; none where all rows were refused.
    pub max_abs_error: Option<f64>,
    /// Mean |model − float| over outputs and accepted rows.
    pub mean_abs_error: Option<f64>,
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
        match &self.first_refusal {
            Some(first) => write!(f, "; {} out of range, the first in {first}", self.out_of_range),
            None => write!(f, "; none out of range"),
        }
    }
}

/// Compares a model with its float original over rows (flat, ONNX order). `float` gives the output values of a row;
/// `network` says which of them make a class ([`Network::class`]).
///
/// # Errors
/// `Artifact` without rows, those of `float`, `Graph` where it gives another number of outputs, and every refusal of
/// the model but `InputRange` and `ActivationRange`, which are counted.
pub fn evaluate(
    float: impl Fn(&[f64]) -> Result<Vec<f64>> + Sync,
    network: &Network,
    model: &Model,
    rows: &[Vec<f64>],
) -> Result<Accuracy> {
    if rows.is_empty() {
        return Err(Error::artifact(ArtifactKind::Data, "no rows"));
    }
    let outputs: Vec<_> = rows.par_iter().map(|row| (float(row), model.predict(row))).collect();
    let mut comparison = Comparison::new(network);
    for (expected, got) in outputs {
        let (expected, got) = (expected?, accepted(got)?);
        comparison.see(&expected, got.as_deref())?;
    }
    Ok(comparison.accuracy())
}

/// What a model gives, or why it refuses a row.
///
/// # Errors
/// All but `InputRange` and `ActivationRange`, which are refusals of a row.
pub(crate) fn accepted<T>(outcome: Result<T>) -> Result<Result<T, String>> {
    match outcome {
        Ok(got) => Ok(Ok(got)),
        Err(error @ (Error::InputRange { .. } | Error::ActivationRange { .. })) => Ok(Err(error.to_string())),
        Err(error) => Err(error),
    }
}

/// The outputs of a float network and a model, row by row.
pub(crate) struct Comparison<'a> {
    network: &'a Network,
    rows: usize,
    refused: usize,
    first_refusal: Option<String>,
    agreeing: usize,
    classes: bool,
    largest: f64,
    sum: f64,
    count: usize,
}

impl<'a> Comparison<'a> {
    /// Of no rows.
    pub(crate) const fn new(network: &'a Network) -> Self {
        Self {
            network,
            rows: 0,
            refused: 0,
            first_refusal: None,
            agreeing: 0,
            classes: true,
            largest: 0.0,
            sum: 0.0,
            count: 0,
        }
    }

    /// Takes in the next row; `got` may be why the model refuses it.
    ///
    /// # Errors
    /// `Graph` where the two give different numbers of values.
    pub(crate) fn see(&mut self, expected: &[f64], got: Result<&[f64], &String>) -> Result<()> {
        let network = self.network;
        let row = self.rows;
        self.rows += 1;
        let got = match got {
            Ok(got) => got,
            Err(refusal) => {
                self.refused += 1;
                self.first_refusal.get_or_insert_with(|| format!("row {row}: {refusal}"));
                self.classes &= network.class(expected).is_some();
                return Ok(());
            }
        };
        if got.len() != expected.len() {
            let reason = format!("the float network gives {} values, the model {}", expected.len(), got.len());
            return Err(Error::Graph { node: network.output.name.clone(), reason });
        }
        match (network.class(got), network.class(expected)) {
            (Some(got), Some(expected)) => self.agreeing += usize::from(got == expected),
            _ => self.classes = false,
        }
        for error in got.iter().zip(expected).map(|(got, expected)| (got - expected).abs()) {
            self.largest = self.largest.max(error);
            self.sum += error;
            self.count += 1;
        }
        Ok(())
    }

    /// The accuracy over the rows seen.
    pub(crate) fn accuracy(self) -> Accuracy {
        let share = |agreeing: usize| agreeing as f64 / self.rows.max(1) as f64;
        Accuracy {
            rows: self.rows,
            out_of_range: self.refused,
            first_refusal: self.first_refusal,
            agreeing: self.classes.then_some(self.agreeing),
            top1_agreement: self.classes.then(|| share(self.agreeing)),
            max_abs_error: (self.count > 0).then_some(self.largest),
            mean_abs_error: (self.count > 0).then(|| self.sum / self.count as f64),
        }
    }
}
