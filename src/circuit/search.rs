//! Layout search: limb sizes, weight lanes and table sizes, by predicted proving time.

use crate::{
    error::{Error, Result},
    graph::{
        Digits,
        chain::{FloatActivation, Network},
    },
};

use super::{
    cost::{Prediction, Shape},
    frontier::{Candidate, few_columns, frontier},
    layout::{Layout, TensorShape, advice_columns, fixed_columns},
    params::{Params, PublicOutput},
};

/// What the search must respect.
#[derive(Debug, Clone, Copy)]
pub struct SearchOptions {
    /// Least and most bits of an activation code.
    pub value_bits: (u32, u32),
    /// Least bits of a requantization remainder: the precision of the weights.
    pub remainder_bits: u32,
    /// Whether the input codes are public.
    pub public_input: bool,
    /// Whether to take the layout with the least advice and fixed columns of those that are at most
    /// twice as slow as the fastest.
    pub few_columns: bool,
}

impl Default for SearchOptions {
    /// All layouts of a network with a private input, by time.
    fn default() -> Self {
        Self {
            value_bits: (MIN_BITS, MAX_VALUE_BITS),
            remainder_bits: MIN_BITS,
            public_input: false,
            few_columns: false,
        }
    }
}

/// One layout.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Limb sizes.
    pub digits: Digits,
    /// Weight lanes.
    pub lanes: usize,
    /// Segments of the activation table, 0 without one.
    pub segments: u32,
    /// log2 rows.
    pub k: u32,
    /// Advice and fixed columns.
    pub columns: usize,
    /// Predicted cost.
    pub prediction: Prediction,
}

impl Candidate for Choice {
    fn seconds(&self) -> f64 {
        self.prediction.native_seconds
    }

    fn bits(&self) -> (u32, u32) {
        (self.digits.value_bits(), self.digits.remainder_bits())
    }

    fn columns(&self) -> usize {
        self.columns
    }
}

/// Least bits of a code and of a remainder.
const MIN_BITS: u32 = 6;
/// Most bits of a code.
const MAX_VALUE_BITS: u32 = 24;
/// Segments of a table; more of them are more exact.
const SEGMENTS: [u32; 8] = [24, 32, 48, 64, 96, 128, 192, 256];
/// Most bits of all limbs of a row.
const MAX_ROW_BITS: u32 = 44;

/// The layouts of a network that are worth trying: each costs more than those before it and has more bits of a code or of
/// a remainder. With `few_columns` a single one.
///
/// # Errors
/// `Range` when the bits asked for fit no layout, `ModelTooLarge` when no circuit is large enough.
pub fn search(network: &Network, options: &SearchOptions) -> Result<Vec<Choice>> {
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
    if choices.is_empty() {
        return Err(too_large.unwrap_or_else(|| Error::Range {
            node: network.input.name.clone(),
            op: "input".to_owned(),
            got_bits: options.value_bits.0 + options.remainder_bits,
            max_bits: MAX_ROW_BITS,
        }));
    }
    Ok(if options.few_columns { few_columns(choices) } else { frontier(choices) })
}

fn candidates(options: &SearchOptions) -> impl Iterator<Item = Digits> + '_ {
    let all = (4..=16).flat_map(|limb_bits| {
        (1..=4).flat_map(move |value_limbs| {
            (1..=4).map(move |remainder_limbs| Digits { limb_bits, value_limbs, remainder_limbs })
        })
    });
    all.filter(|digits| {
        (options.value_bits.0..=options.value_bits.1).contains(&digits.value_bits())
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
    Ok(Choice { digits, lanes, segments, k: layout.k, columns, prediction: predict(&layout) })
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
