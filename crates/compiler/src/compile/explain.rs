//! Errors of bit widths in terms of the publisher's data: the node, what it was seen to give, and what to do.

use hushproof_core::{
    error::Error,
    float,
    graph::{Model, Network},
};

use super::{
    Options, Search,
    layers::{layers, worst},
    trace,
};
use crate::quant::{Accuracy, Scales};

/// Turns a `Range` of the quantization, which knows no rows, into a `Scale`.
pub(super) fn scale(error: Error, network: &Network, rows: &[Vec<f64>], options: &Options) -> Error {
    let Error::Range { node, op, got_bits, max_bits } = error else { return error };
    let tensors: Vec<usize> = nodes(network).enumerate().filter(|(_, name)| *name == node).map(|(t, _)| t).collect();
    let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
    for row in rows {
        let float = trace::float(network, row);
        for value in tensors.iter().filter_map(|tensor| float.tensors.get(*tensor)).flatten() {
            (min, max) = (min.min(*value), max.max(*value));
        }
    }
    if min > max {
        return Error::Range { node, op, got_bits, max_bits };
    }
    let mut remedies = Vec::new();
    if options.value_bits.is_some() {
        remedies.push("leave --bits out, so that the widths are searched".to_owned());
    }
    if options.margin > 1.0 {
        let bits = float::log2(options.margin);
        remedies.push(format!("lower --margin, now {} ({bits:.1} bits)", options.margin));
    }
    remedies.push("calibrate with rows like those that will be proved".to_owned());
    remedies.push(format!("rescale what {node} reads, so that it has about the size of what it gives"));
    Error::Scale { node, op, min, max, got_bits, max_bits, remedy: remedies.join(", or ") }
}

/// An accuracy that was asked for and not reached.
pub(super) fn accuracy(network: &Network, model: &Model, scales: &Scales, search: &Search, rows: &[Vec<f64>]) -> Error {
    let (node, min, max) = match layers(network, model, scales, &super::some(network, rows)) {
        Ok(layers) => {
            let worst = worst(&layers).map(|layer| (format!("{} ({})", layer.node, layer.op), layer.min, layer.max));
            worst.unwrap_or_else(|| (network.name.clone(), 0.0, 0.0))
        }
        Err(error) => return error,
    };
    let Some(accuracy) = &search.attempts[search.taken].accuracy else {
        return Error::Graph { node: network.name.clone(), reason: "no layout was compared".to_owned() };
    };
    Error::Accuracy {
        wanted: search.target.to_string(),
        got: accuracy.missed(),
        node,
        min,
        max,
        remedy: remedy(accuracy).to_owned(),
        figures: Box::new(accuracy.figures()),
    }
}

/// What helps where no bit width is exact enough, or rows are refused.
pub(super) const fn remedy(accuracy: &Accuracy) -> &'static str {
    if accuracy.out_of_range > 0 {
        "raise --margin and --input-margin, or calibrate with rows like those that will be proved"
    } else {
        "ask for less, calibrate with rows like those that will be proved, lower --margin, or scale the values there"
    }
}

/// The node of every tensor, the input first.
fn nodes(network: &Network) -> impl Iterator<Item = &str> {
    std::iter::once(network.input.name.as_str()).chain(network.layers.iter().map(|layer| layer.node.as_str()))
}
