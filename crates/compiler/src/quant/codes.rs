//! Codes that the graph itself defines: which tensors hold them, and how many bits meet them exactly.
//!
//! A layer whose activation is `Quantize` has the scale 1. Layers that only move, scale and shift such codes by one
//! number take that number as their scale, so their codes are whole too, and nothing is rounded.

use hushproof_core::{
    float,
    graph::{FloatActivation, FloatLayer, Map, Network, Term},
};

use super::{Channel, Ranges};

/// Bits of the remainder that rounds weights onto given codes: errors of single weights, of at most half a unit, are
/// then what single precision leaves open too.
pub const EXACT_REMAINDER_BITS: u32 = 26;
/// How far beyond its calibrated range an argument may be.
const REACH: f64 = 1.5;
/// Share of a number that rounding in double precision may change.
const CLOSE: f64 = 1e-6;

/// Bits of a code that hold what the graph quantizes; `None` where it quantizes nothing.
pub fn code_bits(network: &Network, ranges: &Ranges) -> Option<u32> {
    let quantizes = |layer: &FloatLayer| matches!(layer.activation, FloatActivation::Quantize { .. });
    let layers = network.layers.iter().zip(ranges.tensors.iter().skip(1)).filter(|(layer, _)| quantizes(layer));
    let arguments = layers.flat_map(|(_, channels)| channels).map(Channel::magnitude).reduce(f64::max)?;
    let input = input_step(network).map_or(0.0, |scale| magnitude(&ranges.tensors[0]) / scale);
    Some(float::log2(arguments.max(input) * REACH + 1.0).ceil().clamp(1.0, f64::from(u32::BITS)) as u32)
}

/// The scale at which each tensor, the input first, is exact; none where it holds no codes, or its values would be more
/// than `top` scales.
pub(super) fn scales(network: &Network, ranges: &Ranges, top: f64) -> Vec<Option<f64>> {
    let fits = |tensor: usize, scale: &f64| magnitude(&ranges.tensors[tensor]) <= top * scale;
    let mut scales = vec![input_step(network).filter(|scale| fits(0, scale))];
    for (index, layer) in network.layers.iter().enumerate() {
        let scale = match (layer.same_scale, &layer.activation) {
            (Some(tensor), _) => scales[tensor],
            (None, FloatActivation::Quantize { .. }) => Some(1.0),
            (None, FloatActivation::Linear | FloatActivation::Relu) => {
                scaled(layer, &scales).filter(|scale| fits(index + 1, scale))
            }
            _ => None,
        };
        scales.push(scale);
    }
    scales
}

/// The scale that the graph gives to its input, where it quantizes it.
fn input_step(network: &Network) -> Option<f64> {
    let read = |layer: &FloatLayer| match (&layer.activation, &layer.terms[..]) {
        (FloatActivation::Quantize { .. }, [term]) if term.source == 0 => factor(term),
        _ => None,
    };
    network.layers.iter().find_map(read).map(f64::recip)
}

/// The scale of codes that a layer of whole multiples of codes has.
fn scaled(layer: &FloatLayer, scales: &[Option<f64>]) -> Option<f64> {
    let of_term = |term: &Term<f64>| Some(factor(term)? * scales.get(term.source).copied().flatten()?);
    let all = layer.terms.iter().map(of_term).collect::<Option<Vec<f64>>>()?;
    let scale = *all.first()?;
    let whole = |bias: &f64| (bias / scale - (bias / scale).round()).abs() < CLOSE;
    (all.iter().all(|other| close(*other, scale)) && layer.bias.iter().all(whole)).then_some(scale)
}

/// The magnitude that all weights of a map have that only moves, scales and adds values, whatever their signs.
fn factor(term: &Term<f64>) -> Option<f64> {
    let weights: Vec<f64> = match &term.map {
        Map::Conv(conv) if conv.group_inputs() == 1 => conv.weights.clone(),
        Map::Sparse(sparse) => sparse.columns.iter().flatten().map(|(_, weight)| *weight).collect(),
        Map::Conv(_) | Map::Product(_) => return None,
    };
    let first = weights.first()?.abs();
    (first > 0.0 && weights.iter().all(|weight| close(weight.abs(), first))).then_some(first)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= CLOSE * CLOSE * b
}

fn magnitude(channels: &[Channel]) -> f64 {
    channels.iter().map(Channel::magnitude).fold(0.0, f64::max)
}
