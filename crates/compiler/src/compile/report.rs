//! What a publisher wants to know of a compiled model: where accuracy is lost, where bits and rows go, what is cheaper.
//!
//! [`report`] makes it, [`Report::html`] a page of it, [`Report::text`] a few lines for a terminal. Nothing here reads
//! or writes files.

mod html;
mod text;

use hushproof_core::{
    circuit::{self, Layout, Prediction},
    error::Result,
    graph::{FunctionTables, Model},
};
use serde::Serialize;

use super::{
    Attempt, Compiled, LayerReport, Options, Search, explain,
    layers::{layers, worst},
    reference::Reference,
};
use crate::quant::Accuracy;

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Name of the graph.
    pub model: String,
    /// On which rows: typical ones, or random ones from a range of inputs.
    pub data: Data,
    /// How the model compares with its float network on all rows.
    pub accuracy: Accuracy,
    /// Which layouts were tried.
    pub search: Search,
    /// Per tensor, the input first.
    pub layers: Vec<LayerReport>,
    /// The tensor that adds most to the relative error, of those in `layers`.
    pub worst: Option<usize>,
    /// What a proof costs.
    pub cost: Cost,
    /// What would cost less, and what it would take.
    pub cheaper: Vec<Cheaper>,
}

/// The rows that a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Data {
    /// How many.
    pub rows: usize,
    /// How many of them the layers were compared on.
    pub compared: usize,
    /// The range of the inputs, where the rows are random.
    pub random: Option<[f64; 2]>,
}

/// What a proof costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// log2 rows.
    pub k: u32,
    /// Rows that hold something.
    pub rows: usize,
    /// Advice columns.
    pub advice_columns: usize,
    /// Fixed columns.
    pub fixed_columns: usize,
    /// Advice cells in use.
    pub cells: usize,
    /// Time and memory.
    pub predicted: Prediction,
    /// Per tensor, the input first.
    pub layers: Vec<LayerCost>,
    /// Why the circuit has as many rows as it has.
    pub rows_follow: String,
}

/// What a tensor costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LayerCost {
    /// Its rows.
    pub rows: usize,
    /// Advice cells of these rows.
    pub cells: usize,
    /// Its share of the predicted native proving time.
    pub native_seconds: f64,
}

/// A way to a cheaper proof.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cheaper {
    /// What to do.
    pub what: String,
    /// log2 rows.
    pub k: u32,
    /// Advice and fixed columns.
    pub columns: usize,
    /// Predicted cost.
    pub predicted: Prediction,
    /// How the model would compare; `None` where that was not tried.
    pub accuracy: Option<Accuracy>,
}

impl Report {
    /// The same with predicted times of a machine that takes `factor` times as long.
    #[must_use]
    pub fn on_machine(mut self, factor: f64) -> Self {
        let attempts = self.search.attempts.iter_mut().map(|attempt| &mut attempt.predicted);
        let ways = self.cheaper.iter_mut().map(|way| &mut way.predicted);
        for predicted in attempts.chain(ways).chain([&mut self.cost.predicted]) {
            *predicted = predicted.on_machine(factor);
        }
        self.cost.layers.iter_mut().for_each(|layer| layer.native_seconds *= factor);
        self
    }
}

/// Reports on a compiled model; `rows` are those it was compiled with, empty where it was compiled without.
///
/// # Errors
/// Those of the executor other than refused rows, and of [`shown`](super::shown).
pub fn report(compiled: &Compiled, rows: &[Vec<f64>], options: &Options) -> Result<Report> {
    let Compiled { model, network, layout, scales, search } = compiled;
    let shown = super::shown(network, rows, options)?;
    let some = super::some(network, &shown);
    let compared = some.len();
    let layers = layers(network, model, scales, &some)?;
    let accuracy = match &search.attempts[search.taken].accuracy {
        Some(accuracy) if accuracy.rows == shown.len() => accuracy.clone(),
        _ => Reference::new(network, search.target, &shown).measure(model, scales, 1, &mut |_| {})?,
    };
    let worst = worst(&layers).and_then(|worst| layers.iter().position(|layer| std::ptr::eq(layer, worst)));
    let random = rows.is_empty().then(|| options.input_range.unwrap_or(super::INPUT_RANGE));
    Ok(Report {
        model: model.name.clone(),
        data: Data { rows: shown.len(), compared, random },
        accuracy,
        search: search.clone(),
        worst,
        cost: cost(model, layout, &layers),
        cheaper: cheaper(compiled, &layers),
        layers,
    })
}

fn cost(model: &Model, layout: &Layout, layers: &[LayerReport]) -> Cost {
    let (params, predicted) = (&layout.params, layout.prediction());
    let advice = params.advice_columns();
    let size = (1u64 << layout.k) as f64;
    let rows = layout.tensor_rows();
    let costs = rows.iter().map(|rows| LayerCost {
        rows: *rows,
        cells: rows * advice,
        native_seconds: predicted.native_seconds * *rows as f64 / size,
    });
    let used: usize = rows.iter().sum();
    let largest = rows.iter().enumerate().max_by_key(|(_, rows)| **rows).map_or(0, |(tensor, _)| tensor);
    let range = 1usize << model.digits.limb_bits;
    let rows_follow = if used < layout.rows_used() && layout.rows_used() >= range && 2 * used <= layout.rows_used() {
        format!("the range table of {} bits", model.digits.limb_bits)
    } else if used < layout.rows_used() {
        "weights, or the tables".to_owned()
    } else {
        layers
            .get(largest)
            .map_or_else(String::new, |layer| format!("values, most of them of {} ({})", layer.node, layer.op))
    };
    Cost {
        k: layout.k,
        rows: layout.rows_used(),
        advice_columns: advice,
        fixed_columns: params.fixed_columns(),
        cells: layout.assigned_cells(),
        predicted,
        layers: costs.collect(),
        rows_follow,
    }
}

/// Layouts that cost less.
fn cheaper(compiled: &Compiled, layers: &[LayerReport]) -> Vec<Cheaper> {
    let Compiled { model, network, layout, search, .. } = compiled;
    let now = layout.prediction().native_seconds;
    let mut ways = Vec::new();
    let fewer = |attempt: &&Attempt| attempt.predicted.native_seconds < now && attempt.accuracy.is_some();
    for attempt in search.attempts.iter().filter(fewer) {
        ways.push(Cheaper {
            what: format!(
                "{} bits of a code, {} of a remainder: --bits {0}",
                attempt.value_bits, attempt.remainder_bits
            ),
            k: attempt.k,
            columns: attempt.columns,
            predicted: attempt.predicted,
            accuracy: attempt.accuracy.clone(),
        });
    }
    let digits = model.digits;
    let bits = (digits.value_bits(), digits.value_bits());
    let columns = layout.params.advice_columns() + layout.params.fixed_columns();
    let mut columns_only = |what: String, k: u32, found: usize, predicted: Prediction| {
        if found < columns || predicted.native_seconds < now {
            ways.push(Cheaper { what, k, columns: found, predicted, accuracy: None });
        }
    };
    let few = "the fewest columns, for verification on a chain: --prefer columns".to_owned();
    if !model.weights_visibility().is_public() {
        return ways;
    }
    let smooth = model.tables.iter().all(|table| !table.slope.is_empty());
    let options = circuit::SearchOptions {
        value_bits: bits,
        remainder_bits: digits.remainder_bits(),
        tables: FunctionTables { count: model.tables.len(), smooth },
        input: model.input_visibility(),
        private_bits: None,
        few_columns: true,
    };
    for choice in circuit::search(network, &options).into_iter().flatten() {
        columns_only(few.clone(), choice.k, choice.columns, choice.prediction);
    }
    let nodes = table_nodes(layers);
    if !nodes.is_empty() {
        let options = circuit::SearchOptions { tables: FunctionTables::default(), few_columns: false, ..options };
        let found = circuit::search(network, &options).ok().and_then(|found| found.into_iter().next());
        if let Some(choice) = found {
            let what = format!("no function tables, which {nodes} need: Relu, LeakyRelu and Relu6 have none");
            columns_only(what, choice.k, choice.columns, choice.prediction);
        }
    }
    ways
}

/// The nodes whose functions are tables.
fn table_nodes(layers: &[LayerReport]) -> String {
    let mut nodes: Vec<&str> =
        layers.iter().filter(|layer| layer.activation == "table").map(|layer| layer.node.as_str()).collect();
    nodes.dedup();
    let more = nodes.len().saturating_sub(MAX_NODES);
    nodes.truncate(MAX_NODES);
    let named = nodes.join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

/// Most nodes that a sentence names.
const MAX_NODES: usize = 4;

impl Report {
    /// Why the target is missed and what to do; `None` where it is met.
    pub fn shortfall(&self) -> Option<String> {
        if self.accuracy.is_met() {
            return None;
        }
        let lost = self.worst.and_then(|worst| self.layers.get(worst)).map_or_else(String::new, |layer| {
            let (node, op, min, max) = (&layer.node, &layer.op, layer.min, layer.max);
            format!(" Most is lost at {node} ({op}), whose values are {min:.4} to {max:.4}.")
        });
        let (target, missed) = (self.search.target, self.accuracy.missed());
        Some(format!("no bit width gives {target}; the best has {missed}.{lost} {}", explain::remedy(&self.accuracy)))
    }
}
