//! Layout search: limb sizes, activation lanes and weight lanes, by predicted proving time.

use super::{
    Layout, Params,
    cost::{Prediction, Shape},
    geometry::Geometry,
    layout::{CONTEXT_ROWS, MAX_K, RESERVED_ROWS},
    params::{InputCodes, Tables},
    pareto::{Candidate, few_columns, pareto_front},
    placement::place,
    view::View,
};
use crate::{
    error::{Error, Result},
    graph::{Digits, FloatLayer, FunctionTables, Lanes, Network, Visibility, limbs_of, table_bits},
};

/// What the search must respect.
#[derive(Debug, Clone, Copy)]
pub struct SearchOptions {
    /// Least and most bits of an activation code.
    pub value_bits: (u32, u32),
    /// Least bits of a requantization remainder: the precision of the weights.
    pub remainder_bits: u32,
    /// Function tables.
    pub tables: FunctionTables,
    /// Who sees the input.
    pub input: Visibility,
    /// Where weights are private, their bits beyond those of a remainder, the sign included.
    pub private_bits: Option<u32>,
    /// Whether to take the layout with the least columns of those that are at most twice as slow as the fastest.
    pub few_columns: bool,
}

impl Default for SearchOptions {
    /// All layouts of a network without function tables, by time.
    fn default() -> Self {
        Self {
            value_bits: (MIN_BITS, MAX_BITS),
            remainder_bits: MIN_BITS,
            tables: FunctionTables::default(),
            input: Visibility::Private,
            private_bits: None,
            few_columns: false,
        }
    }
}

/// One layout.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Limb sizes.
    pub digits: Digits,
    /// Lanes of activations and weights.
    pub lanes: Lanes,
    /// Segments of function tables with slopes; `None` for tables without.
    pub segments: Option<u32>,
    /// Bits of a function's argument that its table tells apart; 0 without functions.
    pub function_bits: u32,
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

    fn function_bits(&self) -> u32 {
        self.function_bits
    }

    fn columns(&self) -> usize {
        self.columns
    }
}

/// Least bits of a code and of a remainder.
const MIN_BITS: u32 = 6;
/// Most bits of a code, and of a remainder unless more are asked for.
const MAX_BITS: u32 = 32;
const MAX_REMAINDER_BITS: u32 = 26;

const ACTIVATION_LANES: [usize; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 20, 24];
const WEIGHT_LANES: [usize; 12] = [2, 4, 8, 12, 13, 14, 16, 20, 24, 32, 64, 128];
/// Limbs of a private weight in layouts that only count rows.
const SEARCHED_LIMBS: u32 = 6;
const PRIVATE_LANES: [usize; 10] = [2, 3, 4, 5, 6, 8, 10, 12, 16, 24];

/// The layouts of an arranged network that are worth trying: each costs more than those before it and has more bits of
/// a code, of a remainder or of a function's argument. With `few_columns` a single one.
///
/// # Errors
/// `Range` when the bits asked for fit no layout, `ModelTooLarge` when no circuit is large enough, `Graph` where no
/// layout serves all readers of a tensor.
pub fn search(network: &Network, options: &SearchOptions) -> Result<Vec<Choice>> {
    let view = View::network(network);
    let smallest = Digits { limb_bits: 4, value_limbs: 1, remainder_limbs: 1 };
    let mut rows = Vec::new();
    let geometry = Geometry::new(&view)?;
    for lanes in ACTIVATION_LANES {
        let tensors = place(&view, &geometry, lanes)?;
        let used: usize = tensors.iter().map(|tensor| tensor.storage.shape.channels * tensor.channel_rows).sum();
        let mut distances = Params::default();
        distances.spread(&tensors);
        rows.push((lanes, used, distances));
    }
    let (mut weights, mut refused) = (Vec::new(), None);
    let weight_lanes: &[usize] = if options.private_bits.is_some() { &PRIVATE_LANES } else { &WEIGHT_LANES };
    for lanes in weight_lanes.iter().copied() {
        let params = Params::of_network(network, None, smallest, Lanes { activations: 8, weights: lanes });
        let params = Params { private: options.private_bits.map(|_| SEARCHED_LIMBS), ..params };
        match Layout::plan(&view, params) {
            Ok(layout) => weights.push((lanes, layout.row_counts().1)),
            Err(error) => refused = Some(error),
        }
    }
    let products = network.layers.iter().any(FloatLayer::multiplies);
    let outputs = view.shapes.last().map_or(0, |shape| shape.len());
    let public_input = InputCodes::published(options.input, network.cuts.is_empty());
    let mut choices: Vec<Choice> = Vec::new();
    let mut too_large = false;
    for digits in candidates(options) {
        for (activations, activation_rows, distances) in &rows {
            for (weight_lanes, weight_rows) in &weights {
                let lanes = Lanes { activations: *activations, weights: *weight_lanes };
                let Params { steps, hops, spreads, .. } = distances;
                let private =
                    options.private_bits.map(|bits| limbs_of(digits.remainder_bits() + bits, digits.limb_bits));
                let public_rows = if public_input.is_some() { *activation_rows } else { outputs };
                let least = (*activation_rows).max(*weight_rows).max(public_rows + CONTEXT_ROWS);
                for tables in tables(options.tables, &digits, least) {
                    let params = Params::of_network(network, tables, digits, lanes);
                    let (steps, hops, spreads) = (steps.clone(), hops.clone(), spreads.clone());
                    let params = Params { steps, hops, spreads, private, public_input, ..params };
                    if !params.input_code().is_none_or(|code| code.packs(lanes)) {
                        continue;
                    }
                    let k = log2_rows(least.max(params.table_rows()));
                    if k > MAX_K {
                        too_large = true;
                        continue;
                    }
                    let columns = params.advice_columns() + params.fixed_columns();
                    let segments = tables.filter(|tables| tables.sloped).map(|tables| tables.segments);
                    let function_bits = tables.map_or(0, |tables| tables.bits(&digits));
                    let prediction = predict(k, &params);
                    choices.push(Choice { digits, lanes, segments, function_bits, k, columns, prediction });
                }
            }
        }
    }
    if choices.is_empty() {
        if too_large {
            return Err(Error::ModelTooLarge { needed: MAX_K + 1, available: MAX_K });
        }
        // Where no number of weight lanes has a layout, bits are not what is missing.
        if let Some(error) = refused.filter(|_| weights.is_empty()) {
            return Err(error);
        }
        let (node, op) = (network.input.name.clone(), "input".to_owned());
        let got_bits = options.value_bits.0.saturating_add(options.remainder_bits);
        let max_bits = Digits::MAX_ROW_BITS;
        if got_bits > max_bits {
            return Err(Error::Range { node, op, got_bits, max_bits });
        }
        let reason = format!(
            "no circuit has limbs for codes of {} to {} bits with {} more for weights, and its public values side by side",
            options.value_bits.0, options.value_bits.1, options.remainder_bits
        );
        return Err(Error::Graph { node, reason });
    }
    if options.few_columns {
        return Ok(few_columns(choices));
    }
    // Wide codes may overflow where narrow ones do not, and so stand for none of them.
    let mut fronts = Vec::new();
    let least = options.value_bits.0.max(options.remainder_bits) + SPARE_VALUE_BITS;
    let needed = Width { value_bits: least, remainder_bits: least, product_bits: least };
    for width in WIDTHS.into_iter().take(1).chain([needed]).chain(WIDTHS.into_iter().skip(1)) {
        let (narrow, wide) = choices.into_iter().partition(|choice| width.holds(&choice.digits, products));
        fronts.extend(pareto_front(narrow));
        choices = wide;
    }
    fronts.extend(pareto_front(choices));
    fronts.sort_by(|a, b| a.seconds().total_cmp(&b.seconds()));
    Ok(fronts)
}

/// Codes and remainders that are compared with one another.
struct Width {
    value_bits: u32,
    remainder_bits: u32,
    /// The same where tensors are multiplied.
    product_bits: u32,
}

impl Width {
    const fn holds(&self, digits: &Digits, products: bool) -> bool {
        let remainder_bits = if products { self.product_bits } else { self.remainder_bits };
        digits.value_bits() <= self.value_bits && digits.remainder_bits() <= remainder_bits
    }
}

/// Bits of a code beyond those asked for that are no wide ones.
const SPARE_VALUE_BITS: u32 = 1;

const WIDTHS: [Width; 2] = [
    Width { value_bits: 18, remainder_bits: 26, product_bits: 18 },
    Width { value_bits: 24, remainder_bits: 26, product_bits: 24 },
];

/// log2 rows of a circuit whose columns use so many.
const fn log2_rows(used: usize) -> u32 {
    (used + 1 + RESERVED_ROWS).next_power_of_two().trailing_zeros()
}

/// The function tables that a circuit of these limbs and at least `used` rows may have: without slopes, as many entries
/// as fit beside the range; with slopes, as many segments as cost no more rows.
fn tables(functions: FunctionTables, digits: &Digits, used: usize) -> Vec<Option<Tables>> {
    let FunctionTables { count, smooth } = functions;
    if count == 0 {
        return vec![None];
    }
    let of = |segments: u32, sloped: bool| Some(Tables { count: count as u32, segments, sloped });
    let mut tables = Vec::new();
    if digits.value_limbs == 1 {
        tables.push(of(1 << table_bits(digits.limb_bits, count), false));
    }
    let range = 1usize << digits.limb_bits;
    let least = (LEAST_SEGMENTS as usize).min(range);
    if smooth {
        let rows = (1usize << log2_rows(used.max(range + count * least))) - 1 - RESERVED_ROWS;
        let segments = ((rows - range) / count).min(range) & !1;
        tables.push(of(segments as u32, true));
    }
    tables
}

/// Fewest segments of a function with slopes.
const LEAST_SEGMENTS: u32 = 24;

/// Bits by which limbs may exceed what is asked for beyond those.
const SPARE_BITS: u32 = 6;

fn candidates(options: &SearchOptions) -> impl Iterator<Item = Digits> + '_ {
    let all = (4..=16).flat_map(move |limb_bits| {
        (1..=4).flat_map(move |value_limbs| {
            (1..=4).map(move |remainder_limbs| Digits { limb_bits, value_limbs, remainder_limbs })
        })
    });
    let (least, most_bits) = options.value_bits;
    let cut = options.remainder_bits;
    let most_cut = MAX_REMAINDER_BITS.max(cut.saturating_add(SPARE_BITS));
    all.filter(move |digits| {
        (least..=most_bits).contains(&digits.value_bits())
            && (cut..=most_cut).contains(&digits.remainder_bits())
            && digits.is_valid()
    })
}

/// Predicted cost of a circuit.
pub(super) fn predict(k: u32, params: &Params) -> Prediction {
    let small = params.lanes.activations * params.lane_columns() + 1 + params.private_columns();
    Shape { k, advice: params.advice_columns(), small, fixed: params.fixed_columns(), permuted: params.permuted() }
        .predict()
}
