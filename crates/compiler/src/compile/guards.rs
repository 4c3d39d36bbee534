//! Bounds that no value reaches: exporters write them against infinities, and a range that holds them would leave no
//! bits for the values.

use hushproof_core::{
    graph::{FloatActivation, FloatLayer, Network, Term},
    schema::Records,
};

use super::{INPUT_RANGE, Options};
use crate::quant;

/// What a bound is at least; smaller ones cost few bits.
const LARGE: f64 = 1e4;
/// By how much codes may go beyond the range that rows and margin give.
const REACH: f64 = 2.0;

/// The network without the large bounds that interval arithmetic shows to be out of reach for all inputs that the model
/// will take: of max(y, 0) whose y is never positive, and of min(y, max) whose y is never above max.
pub(super) fn drop_unreached(mut network: Network, rows: &[Vec<f64>], options: &Options) -> Network {
    if !network.layers.iter().any(is_guard) {
        return network;
    }
    // What an imputer puts in may lie beyond all values that are given.
    let imputed = network.missing.iter().flatten().filter(|value| value.is_finite());
    let [min, max] = imputed.fold(input_range(rows, options), |[min, max], value| [min.min(*value), max.max(*value)]);
    // Of a malformed network others tell.
    let Ok(bounds) = quant::bounds(&network, min, max) else { return network };
    let mut silent = vec![];
    for (index, (layer, (low, high))) in network.layers.iter_mut().zip(bounds).enumerate() {
        if !is_guard(layer) || !low.is_finite() || !high.is_finite() {
            continue;
        }
        match layer.activation {
            FloatActivation::Relu if high <= 0.0 => silent.push(index + 1),
            FloatActivation::Clip { max } if high <= max => layer.activation = FloatActivation::Relu,
            _ => {}
        }
    }
    for tensor in silent.into_iter().rev() {
        remove(&mut network, tensor);
    }
    network
}

/// Whether a layer may be such a bound.
fn is_guard(layer: &FloatLayer) -> bool {
    match &layer.activation {
        FloatActivation::Relu => layer.bias.iter().any(|bias| *bias <= -LARGE),
        FloatActivation::Clip { max } => *max >= LARGE,
        _ => false,
    }
}

/// Least and largest input value that is given.
fn input_range(rows: &[Vec<f64>], options: &Options) -> [f64; 2] {
    if let Some(schema) = Records::new(options.schemas.clone()) {
        let largest = (0..schema.len()).map(|at| schema.magnitude(at)).fold(0.0, f64::max);
        return [-largest, largest];
    }
    if rows.is_empty() {
        return options.input_range.unwrap_or(INPUT_RANGE).map(|end| end * REACH);
    }
    let largest = rows.iter().flatten().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    let reach = largest * options.input_margin * REACH;
    [-reach, reach]
}

/// Drops a tensor that is always 0, where all that read it read others, too.
fn remove(network: &mut Network, tensor: usize) {
    let reads = |term: &Term<f64>| term.source == tensor;
    let needed = |layer: &FloatLayer| {
        let only = |terms: &[Term<f64>]| !terms.is_empty() && terms.iter().all(reads);
        let is_factor = layer.all_terms().any(|term| term.map.factor() == Some(tensor));
        is_factor || only(&layer.terms) || only(layer.times()) || layer.same_scale == Some(tensor)
    };
    if tensor == network.layers.len() || network.layers.iter().any(needed) {
        return;
    }
    let renamed = |other: usize| if other > tensor { other - 1 } else { other };
    network.layers.remove(tensor - 1);
    for layer in &mut network.layers {
        layer.terms.retain(|term| !reads(term));
        if let FloatActivation::Product { times } = &mut layer.activation {
            times.retain(|term| !reads(term));
        }
        layer.renumber(renamed);
    }
}

#[cfg(test)]
mod tests;
