//! A model's inner values as real numbers, beside those of the float network.

use hushproof_core::{
    error::Result,
    graph::{FloatActivation, Model, Network},
};

use crate::quant::Scales;

/// The tensors of one row, the input first.
#[derive(Debug)]
pub(super) struct Trace {
    /// The values of every tensor after its activation. Of a last layer that decides, what it compares.
    pub(super) tensors: Vec<Vec<f64>>,
    /// Least and largest code of each tensor; 0 where there are no codes.
    pub(super) codes: Vec<(i64, i64)>,
}

/// What the float network computes.
pub(super) fn float(network: &Network, row: &[f64]) -> Trace {
    let decides = network.decision().is_some();
    let mut tensors = vec![network.read(row)];
    for index in 0..network.layers.len() {
        let y = network.affine(index, &tensors);
        let last = index + 1 == network.layers.len();
        tensors.push(if decides && last { y } else { network.activate(index, y, &tensors) });
    }
    Trace { codes: vec![(0, 0); tensors.len()], tensors }
}

/// What the integers stand for.
///
/// # Errors
/// Those of the executor.
pub(super) fn integers(model: &Model, network: &Network, scales: &Scales, row: &[f64]) -> Result<Trace> {
    let decides = network.decision().is_some();
    let (mut tensors, mut codes) = (Vec::new(), Vec::new());
    let trace = model.run(model.quantize_input(row)?)?;
    for (tensor, values) in trace.codes.iter().enumerate() {
        let mut real = scales.values(tensor, values.iter().copied());
        let layer = tensor.checked_sub(1).map(|layer| &network.layers[layer]);
        if let Some(FloatActivation::PRelu { slope }) = layer.map(|layer| &layer.activation) {
            let negative = scales.values(tensor, trace.negative[tensor].iter().copied());
            let plane = real.len() / slope.len();
            for (index, (real, negative)) in real.iter_mut().zip(negative).enumerate() {
                *real -= slope[index / plane] * negative;
            }
        }
        tensors.push(real);
        let negative = trace.negative.get(tensor).into_iter().flatten().map(|code| -code);
        codes.push(ends(values.iter().copied().chain(negative)));
    }
    if decides && let Some(last) = network.layers.len().checked_sub(1) {
        tensors.pop();
        tensors.push(network.affine(last, &tensors));
    }
    Ok(Trace { tensors, codes })
}

/// The least and the largest of some codes, 0 included where there are none.
fn ends(codes: impl Iterator<Item = i64>) -> (i64, i64) {
    codes
        .fold(None, |ends: Option<(i64, i64)>, code| {
            Some(ends.map_or((code, code), |(low, high)| (low.min(code), high.max(code))))
        })
        .unwrap_or((0, 0))
}
