//! Which values are small integers whatever the input, so that codes of scale 1 hold them and comparisons of them are
//! exact.

use hushproof_core::graph::{FloatActivation, FloatLayer, Map, Network};

use super::rounding::channel;

/// Per tensor, the input first, and channel: the largest magnitude of values that are always integers, if codes hold
/// it; `None` for all other values. Integers begin at ranks and comparisons.
pub(super) fn exact(network: &Network, top: f64) -> Vec<Vec<Option<f64>>> {
    let shapes = 0..=network.layers.len();
    let mut exact: Vec<Vec<Option<f64>>> = shapes.map(|tensor| vec![None; network.shape(tensor).channels]).collect();
    if network.cuts.is_empty() && !network.compares() {
        return exact;
    }
    let plane = network.input_shape.plane();
    for (channel, cuts) in exact[0].iter_mut().zip(network.cuts.chunks(plane)) {
        *channel = cuts
            .iter()
            .map(|cuts| Some(cuts.as_ref()?.len() as f64))
            .try_fold(0.0, |most: f64, count| Some(most.max(count?)));
    }
    for (index, layer) in network.layers.iter().enumerate() {
        exact[index + 1] = match layer.activation {
            FloatActivation::Threshold { .. } => vec![Some(1.0); layer.shape.channels],
            FloatActivation::Linear | FloatActivation::Relu => {
                let sums = sums(network, layer, &exact, true).into_iter();
                sums.map(|bound| bound.filter(|bound| *bound <= top)).collect()
            }
            _ => vec![None; layer.shape.channels],
        };
    }
    exact
}

/// The largest magnitude of what a layer feeds its activation, per channel, where it reads such integers only; if
/// `whole`, where that is an integer too: sums of whole weights times integers and a whole bias.
pub(super) fn sums(network: &Network, layer: &FloatLayer, exact: &[Vec<Option<f64>>], whole: bool) -> Vec<Option<f64>> {
    let (channels, plane) = (layer.shape.channels, layer.shape.plane());
    let whole = |value: f64| (!whole || value.fract() == 0.0).then_some(value.abs());
    let largest = |bias: &[f64]| bias.iter().map(|b| whole(*b)).try_fold(0.0, |most: f64, b| Some(most.max(b?)));
    let mut sums: Vec<Option<f64>> = layer.bias.chunks(layer.bias.len() / channels).map(largest).collect();
    for term in &layer.terms {
        let (from, known) = (network.shape(term.source), &exact[term.source]);
        let product = |w: f64, input: usize| if w == 0.0 { Some(0.0) } else { Some(whole(w)? * known[input]?) };
        match &term.map {
            Map::Conv(conv) => {
                for (at, kernel) in conv.weights.chunks(conv.taps()).enumerate() {
                    let (o, c) = (at / conv.group_inputs(), at % conv.group_inputs());
                    let sum = &mut sums[conv.output_start + o];
                    for w in kernel {
                        *sum = sum.and_then(|sum| Some(sum + product(*w, channel(conv, o, c))?));
                    }
                }
            }
            Map::Sparse(sparse) => {
                let mut values = vec![Some(0.0); layer.shape.len()];
                for (input, column) in sparse.columns.iter().enumerate() {
                    for (output, w) in column {
                        let value = &mut values[*output as usize];
                        *value = value.and_then(|sum| Some(sum + product(*w, input / from.plane())?));
                    }
                }
                for (sum, values) in sums.iter_mut().zip(values.chunks(plane)) {
                    let most = values.iter().try_fold(0.0, |most: f64, value| Some(most.max((*value)?)));
                    *sum = sum.and_then(|sum| Some(sum + most?));
                }
            }
            Map::Product(_) => sums.fill(None),
        }
    }
    sums
}

#[cfg(test)]
mod tests;
