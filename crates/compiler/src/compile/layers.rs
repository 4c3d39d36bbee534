//! What becomes of every tensor: its range, its scale, its bits, and how far the integers are from the float network.

use hushproof_core::{
    error::Result,
    float,
    graph::{Model, Network},
};
use rayon::prelude::*;
use serde::Serialize;

use super::trace;
use crate::quant::Scales;

/// A tensor on some rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerReport {
    /// Name of the ONNX node that makes it; that of the input for the first one.
    pub node: String,
    /// Its operator, or `input`.
    pub op: String,
    /// What follows the linear map.
    pub activation: &'static str,
    /// Number of values.
    pub values: usize,
    /// The tensors read, the input being 0.
    pub reads: Vec<usize>,
    /// Least value of the float network.
    pub min: f64,
    /// Largest value of the float network.
    pub max: f64,
    /// Least width of one code over the channels.
    pub least_step: f64,
    /// Largest width of one code over the channels.
    pub largest_step: f64,
    /// Bits that a code has.
    pub bits: u32,
    /// Bits that codes used; the others are the margin for values that were not seen.
    pub bits_used: f64,
    /// Largest |model − float|.
    pub max_error: f64,
    /// Mean |model − float|.
    pub mean_error: f64,
    /// Root of the mean square of the error, as a share of that of the values.
    pub relative_error: f64,
    /// Mean square of the values over that of the errors, in decibels; `None` where there is no error.
    pub signal_to_noise_db: Option<f64>,
}

impl LayerReport {
    /// Bits that codes did not use.
    pub fn bits_lost(&self) -> f64 {
        (f64::from(self.bits) - self.bits_used).max(0.0)
    }
}

/// Sums over rows.
#[derive(Debug, Clone, Copy)]
struct Sums {
    min: f64,
    max: f64,
    low: i64,
    high: i64,
    largest: f64,
    error: f64,
    noise: f64,
    signal: f64,
    count: f64,
}

impl Sums {
    const EMPTY: Self = Self {
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        low: i64::MAX,
        high: i64::MIN,
        largest: 0.0,
        error: 0.0,
        noise: 0.0,
        signal: 0.0,
        count: 0.0,
    };

    fn see(&mut self, expected: f64, got: f64) {
        let error = (got - expected).abs();
        self.min = self.min.min(expected);
        self.max = self.max.max(expected);
        self.largest = self.largest.max(error);
        self.error += error;
        self.noise += error * error;
        self.signal += expected * expected;
        self.count += 1.0;
    }

    fn merge(self, other: &Self) -> Self {
        Self {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            largest: self.largest.max(other.largest),
            error: self.error + other.error,
            noise: self.noise + other.noise,
            signal: self.signal + other.signal,
            count: self.count + other.count,
        }
    }
}

/// Compares all tensors of a model with those of its float network; rows that the model refuses are left out.
///
/// # Errors
/// Those of the executor but refusals of a row.
pub(super) fn layers(network: &Network, model: &Model, scales: &Scales, rows: &[&[f64]]) -> Result<Vec<LayerReport>> {
    let see = |row: &&[f64]| -> Result<Option<Vec<Sums>>> {
        let got = match trace::integers(model, network, scales, row) {
            Ok(got) => got,
            Err(error) if error.refuses_input() => return Ok(None),
            Err(error) => return Err(error),
        };
        let float = trace::float(network, row);
        let tensors = float.tensors.iter().zip(&got.tensors).zip(&got.codes).map(|((expected, got), codes)| {
            let mut sums = Sums { low: codes.0, high: codes.1, ..Sums::EMPTY };
            expected.iter().zip(got).for_each(|(expected, got)| sums.see(*expected, *got));
            sums
        });
        Ok(Some(tensors.collect()))
    };
    let seen: Vec<Option<Vec<Sums>>> = rows.par_iter().map(see).collect::<Result<_>>()?;
    // One after the other: sums must not depend on the threads.
    let merge = |a: Vec<Sums>, b: Vec<Sums>| a.into_iter().zip(&b).map(|(a, b)| a.merge(b)).collect();
    let sums: Vec<Sums> = seen.into_iter().flatten().reduce(merge).unwrap_or_default();
    let tensors = sums.iter().enumerate().zip(&scales.scale);
    Ok(tensors.map(|((tensor, sums), scale)| report(network, model, tensor, sums, scale)).collect())
}

fn report(network: &Network, model: &Model, tensor: usize, sums: &Sums, scale: &[f64]) -> LayerReport {
    let (node, op, activation, values, reads) = describe(network, model, tensor);
    let spread = sums.low.unsigned_abs().max(sums.high.unsigned_abs());
    let decides = tensor > 0 && tensor == network.layers.len() && network.decision().is_some();
    let bits = if decides { 1 } else { model.digits.value_bits() };
    let relative = (sums.noise / sums.signal.max(f64::MIN_POSITIVE)).sqrt();
    LayerReport {
        node,
        op,
        activation,
        values,
        reads,
        min: sums.min,
        max: sums.max,
        least_step: scale.iter().copied().fold(f64::INFINITY, f64::min),
        largest_step: scale.iter().copied().fold(0.0, f64::max),
        bits,
        bits_used: if decides { 1.0 } else { float::log2(spread as f64 + 1.0) },
        max_error: sums.largest,
        mean_error: sums.error / sums.count.max(1.0),
        relative_error: if sums.noise > 0.0 { relative } else { 0.0 },
        signal_to_noise_db: (sums.noise > 0.0 && sums.signal > 0.0).then(|| -20.0 * float::log10(relative)),
    }
}

/// Node, operator, activation, number of values and the tensors read of a tensor.
fn describe(network: &Network, model: &Model, tensor: usize) -> (String, String, &'static str, usize, Vec<usize>) {
    let Some(index) = tensor.checked_sub(1) else {
        return (network.input.name.clone(), "input".to_owned(), "none", network.input.len(), Vec::new());
    };
    let activation = model.layers.get(index).map_or("none", |layer| layer.activation.name());
    let layer = &network.layers[index];
    let mut reads: Vec<usize> =
        layer.all_terms().flat_map(|term| [Some(term.source), term.map.factor()]).flatten().collect();
    reads.sort_unstable();
    reads.dedup();
    (layer.node.clone(), layer.op.clone(), activation, layer.shape.len(), reads)
}

/// The tensor that adds most to the relative error of what it reads.
pub(super) fn worst(layers: &[LayerReport]) -> Option<&LayerReport> {
    let added = |layer: &LayerReport| {
        let read = layer.reads.iter().filter_map(|tensor| layers.get(*tensor));
        layer.relative_error - read.map(|layer| layer.relative_error).fold(0.0, f64::max)
    };
    layers.iter().max_by(|a, b| added(a).total_cmp(&added(b)))
}
