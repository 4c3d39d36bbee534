//! How close the integer model is to the float network.

use std::fmt;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::{
    error::{ArtifactKind, Error, Result},
    graph::{Model, Network},
};

/// Accuracy of a model over some rows.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Report {
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

impl fmt::Display for Report {
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
/// `Artifact` without rows, those of `float`, `Graph` where it gives another number of outputs, and every refusal of the
/// model but `InputRange` and `ActivationRange`, which are counted.
pub fn evaluate(
    float: impl Fn(&[f64]) -> Result<Vec<f64>> + Sync,
    network: &Network,
    model: &Model,
    rows: &[Vec<f64>],
) -> Result<Report> {
    if rows.is_empty() {
        return Err(Error::artifact(ArtifactKind::Data, "no rows"));
    }
    let (mut refusals, mut first_refusal, mut agreeing) = (0, None, 0);
    let (mut largest, mut sum, mut count) = (0f64, 0f64, 0usize);
    let mut classes = true;
    let outputs: Vec<_> = rows.par_iter().map(|row| (float(row), model.predict(row))).collect();
    for (index, (expected, got)) in outputs.into_iter().enumerate() {
        let expected = expected?;
        let got = match got {
            Ok(got) => got,
            Err(error @ (Error::InputRange { .. } | Error::ActivationRange { .. })) => {
                refusals += 1;
                first_refusal.get_or_insert_with(|| format!("row {index}: {error}"));
                classes &= network.class(&expected).is_some();
                continue;
            }
            Err(error) => return Err(error),
        };
        if got.len() != expected.len() {
            let reason = format!("the float network gives {} values, the model {}", expected.len(), got.len());
            return Err(Error::Graph { node: network.output.name.clone(), reason });
        }
        match (network.class(&got), network.class(&expected)) {
            (Some(got), Some(expected)) => agreeing += usize::from(got == expected),
            _ => classes = false,
        }
        for error in got.iter().zip(&expected).map(|(got, expected)| (got - expected).abs()) {
            largest = largest.max(error);
            sum += error;
            count += 1;
        }
    }
    Ok(Report {
        rows: rows.len(),
        out_of_range: refusals,
        first_refusal,
        agreeing: classes.then_some(agreeing),
        top1_agreement: classes.then_some(agreeing as f64 / rows.len() as f64),
        max_abs_error: (count > 0).then_some(largest),
        mean_abs_error: (count > 0).then_some(sum / count as f64),
    })
}
