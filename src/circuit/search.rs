//! Layout search: the limb sizes, weight lanes and table sizes with the least predicted proving time.

use crate::{
    error::{Error, Result},
    graph::{
        Digits,
        chain::{FloatActivation, Network},
    },
};

use super::{
    cost::{Prediction, Shape},
    layout::{Layout, TensorShape, advice_columns, fixed_columns},
    params::{Params, PublicOutput},
};

/// What the search must respect.
#[derive(Debug, Clone, Copy)]
pub struct SearchOptions {
    /// Least bits of an activation code.
    pub value_bits: u32,
    /// Least bits of a requantization remainder: the precision of the weights.
    pub remainder_bits: u32,
    /// Whether the input codes are public.
    pub public_input: bool,
    /// Whether to take the layout with the least advice and fixed columns of those that are at most
    /// twice as slow as the fastest.
    pub few_columns: bool,
}

/// Least bits of an activation code and of a remainder, unless asked otherwise.
pub const DEFAULT_BITS: (u32, u32) = (16, 10);

/// The outcome of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Limb sizes.
    pub digits: Digits,
    /// Weight lanes.
    pub lanes: usize,
    /// Segments of the activation table, 0 without one.
    pub segments: u32,
    /// Advice and fixed columns.
    pub columns: usize,
    /// Predicted cost.
    pub prediction: Prediction,
}

/// Segments of a table; more of them are more exact.
const SEGMENTS: [u32; 8] = [24, 32, 48, 64, 96, 128, 192, 256];
/// Most bits of all limbs of a row.
const MAX_ROW_BITS: u32 = 44;

/// Finds the cheapest layout of a network.
///
/// # Errors
/// `Range` when the bits asked for fit no layout, `ModelTooLarge` when no circuit is large enough.
pub fn search(network: &Network, options: &SearchOptions) -> Result<Choice> {
    let mut choices = Vec::new();
    let mut too_large = None;
    for digits in candidates(options) {
        for lanes in lanes(network) {
            match choose(network, options, digits, lanes) {
                Ok(choice) => choices.push(choice),
                Err(error) => too_large = Some(error),
            }
        }
    }
    best(choices, options.few_columns).ok_or_else(|| {
        too_large.unwrap_or_else(|| Error::Range {
            node: network.input.name.clone(),
            op: "input".to_owned(),
            got_bits: options.value_bits + options.remainder_bits,
            max_bits: MAX_ROW_BITS,
        })
    })
}

fn best(choices: Vec<Choice>, few_columns: bool) -> Option<Choice> {
    let seconds = |choice: &Choice| choice.prediction.native_seconds;
    let fastest = choices.iter().map(seconds).fold(f64::INFINITY, f64::min);
    let columns = |choice: &Choice| if few_columns { choice.columns } else { 0 };
    choices
        .into_iter()
        .filter(|choice| seconds(choice) <= 2.0 * fastest)
        .min_by(|a, b| columns(a).cmp(&columns(b)).then(seconds(a).total_cmp(&seconds(b))))
}

fn candidates(options: &SearchOptions) -> impl Iterator<Item = Digits> + '_ {
    let all = (4..=16).flat_map(|limb_bits| {
        (1..=4).flat_map(move |value_limbs| {
            (1..=4).map(move |remainder_limbs| Digits { limb_bits, value_limbs, remainder_limbs })
        })
    });
    all.filter(|digits| {
        digits.value_bits() >= options.value_bits
            && digits.remainder_bits() >= options.remainder_bits
            && digits.row_bits() <= MAX_ROW_BITS
    })
}

fn lanes(network: &Network) -> Vec<usize> {
    let widest = network.layers.iter().map(|layer| layer.weights.rows).max().unwrap_or(1);
    let mut lanes: Vec<usize> = (0..8).map(|log2| 1 << log2).filter(|lanes| *lanes < widest).collect();
    lanes.push(widest.min(128));
    lanes
}

fn choose(network: &Network, options: &SearchOptions, digits: Digits, lanes: usize) -> Result<Choice> {
    let has_segments = network.layers.iter().any(|layer| layer.activation == FloatActivation::Sigmoid);
    let plan = |segments: u32| Layout::plan(params(network, options, digits, lanes, segments), &tensors(network));
    let mut segments = if has_segments { SEGMENTS[0] } else { 0 };
    let layout = plan(segments)?;
    if has_segments {
        let fits = |more: &&u32| plan(**more).is_ok_and(|larger| larger.k == layout.k);
        segments = SEGMENTS.iter().rev().find(fits).copied().unwrap_or(segments);
    }
    let layout = plan(segments)?;
    let columns = advice_columns(&layout.params) + fixed_columns(&layout.params);
    Ok(Choice { digits, lanes, segments, columns, prediction: predict(&layout) })
}

fn params(network: &Network, options: &SearchOptions, digits: Digits, lanes: usize, segments: u32) -> Params {
    let last = network.layers.last().map(|layer| layer.activation);
    Params {
        digits,
        lanes,
        tall_weights: network.layers.iter().any(|layer| layer.weights.rows > lanes),
        segments: (segments > 0).then_some((20, segments)),
        argmax: last == Some(FloatActivation::ArgMax),
        output: match last {
            Some(FloatActivation::Sigmoid) => PublicOutput::Segments,
            Some(FloatActivation::Threshold { .. } | FloatActivation::ArgMax) => PublicOutput::Bit,
            _ => PublicOutput::Value,
        },
        public_input: options.public_input,
    }
}

fn tensors(network: &Network) -> Vec<TensorShape> {
    let rows = |activation| if activation == FloatActivation::Sigmoid { 2 } else { 1 };
    let mut tensors = vec![TensorShape { elements: network.input.len(), rows: 1 }];
    tensors.extend(
        network.layers.iter().map(|layer| TensorShape { elements: layer.weights.rows, rows: rows(layer.activation) }),
    );
    tensors
}

/// Predicted cost of a layout.
pub fn predict(layout: &Layout) -> Prediction {
    Shape {
        k: layout.k,
        advice: advice_columns(&layout.params),
        small: layout.params.digits.limbs() as usize + 2,
        fixed: fixed_columns(&layout.params),
        permuted: 0,
    }
    .predict()
}
