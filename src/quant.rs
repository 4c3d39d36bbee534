//! From floats to integers: calibration ranges, scales, the sigmoid's segments and the accuracy report.
//!
//! A consumer's weights absorb the steps of the codes it reads, its bias absorbs their zeros and every rounding offset,
//! so only activations are rounded to few bits. Weights are rounded around the calibrated mean of each code: there, the
//! rounding errors of a row cancel exactly. Nothing here knows ONNX or circuits.

mod layer;
pub mod planar;
mod probes;
mod ranges;
mod report;
mod scales;
mod sigmoid;

pub use probes::{PROBES, check_input_range, probes};
pub use ranges::{Ranges, Span};
pub use report::{Report, evaluate};
pub use scales::Scales;
pub use sigmoid::{output_bits, sigmoid_error, sigmoid_table, table_segments_error};

use crate::{
    error::{Error, Result},
    graph::{
        Digits, Visibility,
        chain::{FloatActivation, Input, Model, Network, Output},
    },
};
use layer::Codes;

/// Choices that do not come from the layout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Factor on the calibrated range of every inner value, at least 1. Values beyond are errors, never wrong proofs.
    pub margin: f64,
    /// Factor on the calibrated range of every input value, at least 1: single inputs stray further than what follows.
    pub input_margin: f64,
    /// Who sees the input codes.
    pub input: Visibility,
    /// Who sees the weights. Of private ones zeros are kept, and nothing depends on the parity of a sum; for planar networks
    /// only.
    pub weights: Visibility,
}

impl Default for Options {
    fn default() -> Self {
        Self { margin: 4.0, input_margin: 8.0, input: Visibility::Private, weights: Visibility::Public }
    }
}

/// Turns a float network into the integers that are proved. `segments` is the number of straight pieces of the sigmoid
/// over [0, 8) (1 to 4095, unused without a Sigmoid); `lanes` is stored as given.
///
/// # Errors
/// `Option` for an unusable margin or number of segments; `Shape`, `Graph` for a network not in normal form;
/// `Calibration` for ranges of another network; `Range` where the limbs are too few; those of [`Model::check`].
pub fn quantize(
    network: &Network,
    ranges: &Ranges,
    digits: Digits,
    segments: usize,
    lanes: usize,
    options: &Options,
) -> Result<Model> {
    quantize_with_scales(network, ranges, digits, segments, lanes, options).map(|(model, _)| model)
}

/// As [`quantize`], with the scales of all tensors.
///
/// # Errors
/// Those of [`quantize`].
pub fn quantize_with_scales(
    network: &Network,
    ranges: &Ranges,
    digits: Digits,
    segments: usize,
    lanes: usize,
    options: &Options,
) -> Result<(Model, Scales)> {
    for (option, margin) in [("--margin", options.margin), ("--input-margin", options.input_margin)] {
        if !(1.0..=1e6).contains(&margin) {
            return Err(Error::Option { option, reason: format!("{margin} is not in 1..=1000000") });
        }
    }
    check_network(network)?;
    ranges.check(network)?;
    check_digits(&digits)?;
    let table = has_sigmoid(network).then(|| {
        let bits = output_bits(&digits, hidden_sigmoid(network));
        sigmoid_table(segments, digits.limb_bits, bits)
    });
    let table = table.transpose()?;
    let (input, mut codes) = quantize_input(network, ranges, &digits, options);
    let mut scales = Scales { zero: vec![codes.zero.clone()], step: vec![codes.step.clone()] };
    let mut layers = Vec::with_capacity(network.layers.len());
    for (index, float) in network.layers.iter().enumerate() {
        let spans = &ranges.affine[index];
        let (layer, next) = layer::quantize(float, spans, &codes, &digits, table.as_ref(), options.margin)?;
        layers.push(layer);
        codes = next.with_centers(&ranges.mean[index]);
        scales.zero.push(codes.zero.clone());
        scales.step.push(codes.step.clone());
    }
    let output = Output { port: network.output.clone(), zero: codes.zero, step: codes.step, threshold: None };
    let model = Model { name: network.name.clone(), digits, lanes, input, layers, segments: table, output };
    model.check()?;
    Ok((model, scales))
}

fn quantize_input(network: &Network, ranges: &Ranges, digits: &Digits, options: &Options) -> (Input, Codes) {
    let port = &network.input;
    let top = (1u64 << digits.value_bits()) - 1;
    // An image's elements share one range: what one pixel never showed, its neighbour did.
    let shared = port.shape.len() >= 3 || ranges::alike(ranges.input.iter().map(|span| (span.min, span.max)));
    let hull = ranges.input.iter().copied().reduce(Span::hull).unwrap_or_default();
    let scale = |span: &Span| {
        let constant = span.half() == 0.0;
        let (center, half) = match (shared, constant) {
            (true, _) if hull.half() > 0.0 => (hull.center(), hull.half()),
            (false, false) => (span.center(), span.half()),
            (false, true) if span.mean == 0.0 && hull.half() > 0.0 => (0.0, hull.half().min(1.0)),
            _ => (span.mean, if span.mean == 0.0 { 1.0 } else { span.mean.abs() }),
        };
        let step = 2.0 * options.input_margin * half / top as f64;
        let low = center - options.input_margin * half;
        // A constant value is met exactly by a code.
        let min = if constant { span.mean - ((span.mean - low) / step).round() * step } else { low };
        (min, step)
    };
    let (min, step): (Vec<f64>, Vec<f64>) = ranges.input.iter().map(scale).unzip();
    let codes = Codes { zero: min.clone(), step: step.clone(), top, center: Vec::new() };
    let means: Vec<f64> = ranges.input.iter().map(|span| span.mean).collect();
    (Input { port: port.clone(), min, step, public: options.input.is_public() }, codes.with_centers(&means))
}

fn has_sigmoid(network: &Network) -> bool {
    network.layers.iter().any(|layer| layer.activation == FloatActivation::Sigmoid)
}

fn hidden_sigmoid(network: &Network) -> bool {
    network.layers.iter().rev().skip(1).any(|layer| layer.activation == FloatActivation::Sigmoid)
}

fn check_digits(digits: &Digits) -> Result<()> {
    if digits.is_valid() {
        return Ok(());
    }
    let reason = format!("{digits:?} needs limbs of 2 to 20 bits, {} bits in all", Digits::MAX_ROW_BITS);
    Err(Error::Option { option: "--bits", reason })
}

/// Checks that a network is in normal form, so that no index below can go wrong.
fn check_network(network: &Network) -> Result<()> {
    let shape = |node: &str, op: &str, expected: String, got: String| {
        Err(Error::Shape { node: node.to_owned(), op: op.to_owned(), expected, got })
    };
    let size = |shape: &[usize]| shape.iter().try_fold(1usize, |n, size| n.checked_mul(*size)).unwrap_or(0);
    let Some(last) = network.layers.last() else {
        return Err(Error::Graph { node: network.name.clone(), reason: "has no layer".to_owned() });
    };
    let mut width = size(&network.input.shape);
    for (index, layer) in network.layers.iter().enumerate() {
        let w = &layer.weights;
        let fits = width > 0
            && w.rows > 0
            && w.cols == width
            && layer.bias.len() == w.rows
            && w.rows.checked_mul(w.cols) == Some(w.data.len());
        if !fits {
            return shape(&layer.node, &layer.op, format!("[rows, {width}]"), format!("[{}, {}]", w.rows, w.cols));
        }
        let graph = |reason: &str| Err(Error::Graph { node: layer.node.clone(), reason: reason.to_owned() });
        if !w.data.iter().chain(&layer.bias).all(|v| v.is_finite()) {
            return graph("has a weight that is not a finite number");
        }
        match layer.activation {
            FloatActivation::Relu | FloatActivation::Sigmoid => {}
            FloatActivation::Threshold { at } if !at.is_finite() => return graph("threshold is not a finite number"),
            FloatActivation::ArgMax if w.rows < 2 => return graph("ArgMax needs at least two values"),
            FloatActivation::Identity | FloatActivation::Threshold { .. } | FloatActivation::ArgMax => {
                if index + 1 < network.layers.len() {
                    return graph("only the last layer may end in this activation; Relu and Sigmoid may stand between");
                }
            }
        }
        width = w.rows;
    }
    let outputs = if last.activation == FloatActivation::ArgMax { 1 } else { width };
    if size(&network.output.shape) != outputs {
        let got = format!("{:?}", network.output.shape);
        return shape(&network.output.name, "output", format!("{outputs} values"), got);
    }
    Ok(())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
