//! From a float network and calibration rows to a model: reduction, layout search, quantization, report.

mod explain;
mod guards;
mod layers;
mod range_reduction;
mod record;
mod reduce;
mod reference;
mod report;
mod search;
mod trace;

use hushproof_core::{
    circuit::{self, Layout},
    error::{Error, Result},
    graph::{FunctionTables, Model, Network, Visibility, limbs_of, signed_bits},
    schema::{Records, Schema},
};
pub use layers::LayerReport;
pub use reduce::{Reduction, reduce};
pub use report::{Cheaper, Cost, Data, LayerCost, Report, report};
pub use search::{Attempt, Search};

pub use crate::quant::{AGREEMENT, RANGE_SHARE, Target};

use std::borrow::Cow;

use search::{Plan, Trials};

use crate::{
    onnx::{self, Graph, ReadOptions},
    quant,
};

/// Reads an ONNX model and brings it into normal form: all of its outputs, or those named. Where the output is reduced
/// to a decision, a class that the model itself gives is left out: it is the reduction of what stands beside it.
///
/// # Errors
/// Those of [`onnx::import_with`].
pub fn import(bytes: &[u8], options: &ReadOptions<'_>, reduction: &Reduction) -> Result<(Graph, Network)> {
    let (graph, network) = onnx::import_with(bytes, options)?;
    if *reduction == Reduction::Full || graph.beside_class().is_empty() {
        return Ok((graph, network));
    }
    onnx::import_with(bytes, &ReadOptions { outputs: graph.beside_class(), ..*options })
}

/// What the layout search minimizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefer {
    /// Proving time.
    Speed,
    /// Columns, which a verifier on a chain pays for; then proving time.
    Columns,
}

/// Choices of the model's publisher.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Bits of an activation code, or the least number above that limbs make; searched where none are asked for.
    pub value_bits: Option<u32>,
    /// What the model must meet on the rows.
    pub target: Target,
    /// Whether a model that misses it is good, too.
    pub accept_error: bool,
    /// Least and largest input value, where there are no rows; [`INPUT_RANGE`] where none are given.
    pub input_range: Option<[f64; 2]>,
    /// Factor on the calibrated range of every inner value.
    pub margin: f64,
    /// Factor on the calibrated range of every input value.
    pub input_margin: f64,
    /// Who sees the input.
    pub input: Visibility,
    /// What a committed input is records of, one for the whole of it or one for each tensor that it joins; none for others.
    pub schemas: Vec<Schema>,
    /// Who sees the weights; of private ones the verifying key says nothing, and the prover alone knows them.
    pub weights: Visibility,
    /// What is revealed of the output.
    pub reduction: Reduction,
    /// What the layout search minimizes.
    pub prefer: Prefer,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            value_bits: None,
            target: Target::Auto,
            accept_error: false,
            input_range: None,
            margin: quant::Options::default().margin,
            input_margin: quant::Options::default().input_margin,
            input: Visibility::Private,
            schemas: Vec::new(),
            weights: Visibility::Public,
            reduction: Reduction::Full,
            prefer: Prefer::Speed,
        }
    }
}

impl Options {
    /// For a graph: where no input range is asked for, it is that of the input's type, if the type has few values. A
    /// range that is known needs no margin, unless `input_margin` is one.
    pub fn of_input(mut self, graph: &Graph, input_margin: Option<f64>) -> Self {
        self.input_range = self.input_range.or_else(|| graph.input_range());
        let known = if self.input_range.is_some() { 1.0 } else { Self::default().input_margin };
        self.input_margin = input_margin.unwrap_or(known);
        self
    }
}

/// Range of input values of networks that come without data.
pub const INPUT_RANGE: [f64; 2] = [-1.0, 1.0];

/// A compiled model with what it was made from.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The integer model.
    pub model: Model,
    /// The float network, with the reduction applied.
    pub network: Network,
    /// The layout of the model.
    pub layout: Layout,
    /// What the codes of all tensors stand for.
    pub scales: quant::Scales,
    /// What was tried, and whether the model meets the target.
    pub search: Search,
}

/// Compiles an imported network; `rows` are calibration rows, flat in ONNX order. Without rows, ranges come from
/// interval arithmetic and random inputs, see [`quant::Ranges::without_rows`].
///
/// # Errors
/// Those of [`reduce()`], of range calibration, layout search and quantization, and of [`Layout::new`]; `Scale` where
/// no layout has the bits that a node needs, `Accuracy` where none meets the target and [`Options::accept_error`] is
/// not set, or all rows are refused, `Option` for a target that the network can't have.
pub fn compile(network: Network, rows: &[Vec<f64>], options: &Options) -> Result<Compiled> {
    compile_with(network, rows, options, &mut |_, _| {})
}

/// [`compile()`] that calls `progress` with a stage, `calibration` or `search`, and the fraction of it that is done, from
/// 0 to 1. A search ends with the first layout that is good enough, mostly before its fraction is 1.
///
/// # Errors
/// Those of [`compile()`].
pub fn compile_with(
    network: Network,
    rows: &[Vec<f64>],
    options: &Options,
    progress: &mut dyn FnMut(&'static str, f64),
) -> Result<Compiled> {
    let network = guards::drop_unreached(reduce(network, &options.reduction)?, rows, options);
    let (network, rows) = match (Records::new(options.schemas.clone()), options.input) {
        (None, Visibility::Private | Visibility::Public) => (network, Cow::Borrowed(rows)),
        (Some(_), Visibility::Committed) if rows.is_empty() => {
            let reason = "a model of committed inputs needs rows of typical ones".to_owned();
            return Err(Error::Option { option: "--calibration", reason });
        }
        (Some(records), Visibility::Committed) => {
            let network = record::on_records(network, &records)?;
            (network, Cow::Owned(rows.iter().map(|row| records.meant(row)).collect::<Result<_>>()?))
        }
        (None, Visibility::Committed) => {
            let reason = "committed inputs are records of a schema; give one".to_owned();
            return Err(Error::Option { option: "--schema", reason });
        }
        (Some(_), Visibility::Private | Visibility::Public) => {
            let reason = "a schema is one of committed inputs".to_owned();
            return Err(Error::Option { option: "--schema", reason });
        }
    };
    let rows: &[Vec<f64>] = &rows;
    let network = quant::behind_copy(network);
    let network = match options.weights {
        Visibility::Public => circuit::legalize(network)?,
        Visibility::Private => circuit::legalize_private(network)?,
        Visibility::Committed => {
            let reason = "weights are private or public".to_owned();
            return Err(Error::Option { option: "--weights", reason });
        }
    };
    if let Target::MaxError(error) = options.target
        && !(error > 0.0 && error.is_finite())
    {
        return Err(Error::Option { option: "--max-error", reason: format!("{error} is no number above 0") });
    }
    options.target.check(&network)?;
    let shown = shown(&network, rows, options)?;
    let ranges = match options.input_range {
        _ if !rows.is_empty() => {
            quant::Ranges::from_rows_with(&network, rows, &mut |done| progress("calibration", done))?
        }
        range => quant::Ranges::without_rows(&network, range.unwrap_or(INPUT_RANGE), options.margin)?,
    };
    let job = Job { network: &network, ranges: &ranges, shown: &shown, options, below: None };
    let found = job.compile(progress);
    let (network, (mut model, scales, search)) = match reduced(&network, &ranges, rows, options, &found, progress) {
        Some(better) => better,
        None => (network, found?),
    };
    match &options.reduction {
        Reduction::Threshold(at) => model.output.thresholds = vec![*at],
        Reduction::Bands(thresholds) => {
            model.output.thresholds.clone_from(thresholds);
            model.output.value_info.shape = vec![1];
        }
        Reduction::Full | Reduction::ArgMax | Reduction::Committed(_) => {}
    }
    let refused = search.attempts[search.taken].accuracy.as_ref().is_none_or(|taken| taken.out_of_range == taken.rows);
    if refused || !search.met && !options.accept_error {
        return Err(explain::accuracy(&network, &model, &scales, &search, &shown));
    }
    let layout = Layout::new(&model)?;
    Ok(Compiled { model, network, layout, scales, search })
}

/// A network with its model, scales and search.
type Found = (Network, (Model, quant::Scales, Search));

/// The network with the ranges of its functions reduced, where that has an exact enough model and the network itself
/// has none, or one that costs more.
fn reduced(
    network: &Network,
    ranges: &quant::Ranges,
    rows: &[Vec<f64>],
    options: &Options,
    found: &Result<(Model, quant::Scales, Search)>,
    progress: &mut dyn FnMut(&'static str, f64),
) -> Option<Found> {
    let plain = found.as_ref().ok().map(|(.., search)| search).filter(|search| search.met && search.steady);
    let cost = |search: &Search| search.attempts[search.taken].predicted.native_seconds;
    let small = |search: &Search| search.attempts[search.taken].k <= SMALL;
    if !options.weights.is_public() || rows.is_empty() || plain.is_some_and(small) {
        return None;
    }
    // What cannot be had this way is left as it is.
    let network = circuit::legalize(range_reduction::reduce_ranges(network, ranges)?).ok()?;
    let seen = quant::Ranges::from_rows(&network, rows).ok()?;
    let ranges = range_reduction::complete(&network, seen);
    let below = plain.map(cost);
    let other = Job { network: &network, ranges: &ranges, shown: rows, options, below }.compile(progress);
    let better = match (&other, plain) {
        (Ok((.., other)), None) => match found {
            Ok((.., search)) if search.met => other.met && other.steady,
            Ok(_) => other.met,
            Err(_) => true,
        },
        (Ok((.., other)), Some(plain)) => other.met && cost(other) < cost(plain),
        (Err(_), _) => false,
    };
    other.ok().filter(|_| better).map(|other| (network, other))
}

/// log2 rows of circuits that need not be smaller.
const SMALL: u32 = 9;

/// The rows on which models are compared: those given, or random ones where there are none.
///
/// # Errors
/// `Option` for an input range that is none.
pub fn shown<'a>(network: &Network, rows: &'a [Vec<f64>], options: &Options) -> Result<Cow<'a, [Vec<f64>]>> {
    if !rows.is_empty() {
        return Ok(Cow::Borrowed(rows));
    }
    let [min, max] = options.input_range.unwrap_or(INPUT_RANGE);
    quant::check_input_range([min, max])?;
    Ok(Cow::Owned(quant::probes(network.input.len(), min, max, quant::PROBES)))
}

/// Rows, evenly spaced, of which the integers can be compared in little time.
fn some<'a>(network: &Network, rows: &'a [Vec<f64>]) -> Vec<&'a [f64]> {
    rows.iter().map(Vec::as_slice).step_by(step(network, rows.len())).collect()
}

/// How far apart these are.
fn step(network: &Network, rows: usize) -> usize {
    let most = (BUDGET / network.products().max(1)).max(1) as usize;
    rows.div_ceil(most).max(1)
}

/// Multiplications that one comparison of a model may take; of more rows, evenly spaced ones are looked at.
const BUDGET: u64 = 1 << 32;

/// The same of rows between the calibration rows, where nothing makes large errors of small ones.
const SMALL_BUDGET: u64 = 1 << 28;

/// Most rows between the calibration rows that models are compared on.
const BETWEEN: u64 = 400;

/// What a network is compiled from.
#[derive(Clone, Copy)]
struct Job<'a> {
    network: &'a Network,
    /// The values of its tensors.
    ranges: &'a quant::Ranges,
    /// Rows to compare models on.
    shown: &'a [Vec<f64>],
    options: &'a Options,
    /// Layouts are only tried that are predicted to take fewer seconds than this.
    below: Option<f64>,
}

fn quant_options(options: &Options) -> quant::Options {
    quant::Options {
        margin: options.margin,
        input_margin: options.input_margin,
        input: options.input,
        weights: options.weights,
        segments: None,
    }
}

/// Least bits of a code and of a remainder, whatever calibration rows show: codes that the graph itself defines are met
/// exactly, as are integers that are compared, ranks of the input have to fit, and a class has to be right on every
/// row. Networks with ranks or a class hold few values, of which all but the outputs are bits or features.
fn least_bits(
    network: &Network,
    ranges: &quant::Ranges,
    options: &quant::Options,
    tables: FunctionTables,
) -> (u32, u32) {
    let (coded, row) = quant::comparison_bits(network, ranges, options).unwrap_or_default();
    // Codes of records are their integers, and remainders hold what these lack of the largest one.
    let packed = network.records.as_ref().map_or(0, Records::bits);
    let packed = network.committed.as_ref().map_or(packed, |schema| schema.bits().max(packed));
    let coded = coded.max(packed);
    if let Some(bits) = quant::code_bits(network, ranges) {
        let bits = bits.max(coded);
        return (bits, quant::EXACT_REMAINDER_BITS.max(row.saturating_sub(bits)).max(packed));
    }
    let ranks = (0..network.cuts.len()).filter_map(|element| network.largest_rank(element)).max().unwrap_or(0);
    let rank_bits = u64::BITS - ranks.leading_zeros();
    let label = network.decision().is_none() && network.gives_integers();
    let exact = tables.count == 0 && (label || !network.cuts.is_empty());
    let (value, remainder) = if exact { EXACT_BITS } else { (0, 0) };
    let value = value.max(rank_bits).max(coded);
    (value, remainder.max(row.saturating_sub(value)).max(packed))
}

/// Bits of a code and of a remainder of networks of decisions.
const EXACT_BITS: (u32, u32) = (16, 11);

/// What layouts are asked for.
#[derive(Debug, Clone, Copy, Default)]
struct Limits {
    value_bits: Option<(u32, u32)>,
    remainder_bits: Option<u32>,
    few_columns: bool,
}

impl Job<'_> {
    /// Searches the layout and makes the model.
    fn compile(&self, progress: &mut dyn FnMut(&'static str, f64)) -> Result<(Model, quant::Scales, Search)> {
        let (network, ranges, options) = (self.network, self.ranges, self.options);
        let quant_options = quant_options(options);
        let tables = quant::tables(network, ranges, &quant_options)?;
        let plan = |choice: &circuit::Choice| Plan {
            digits: choice.digits,
            k: choice.k,
            columns: choice.columns,
            prediction: choice.prediction,
        };
        let least = least_bits(network, ranges, &quant_options, tables);
        let mut private_bits = (!options.weights.is_public()).then_some(PRIVATE_BITS);
        loop {
            let mut missing = None;
            let make = |choice: &circuit::Choice| {
                let digits = choice.digits;
                let quant_options = quant::Options { segments: choice.segments, ..quant_options };
                let (mut model, scales) =
                    quant::quantize_with_scales(network, ranges, digits, choice.lanes, &quant_options)?;
                if let Some(assumed) = private_bits {
                    let bits = signed_bits(model.largest_weight());
                    let room = limbs_of(digits.remainder_bits() + assumed, digits.limb_bits);
                    if limbs_of(bits, digits.limb_bits) > room {
                        missing = missing.max(Some(bits.saturating_sub(digits.remainder_bits())));
                    }
                    model.private_weights = Some(circuit::weight_limbs(&model)?);
                    model.check()?;
                }
                Ok((model, scales))
            };
            let search = |limits: Limits| {
                let defaults = circuit::SearchOptions::default();
                let (low, high) = limits.value_bits.unwrap_or(defaults.value_bits);
                let search_options = circuit::SearchOptions {
                    value_bits: (low.max(least.0), if least.0 > high { MAX_BITS } else { high }),
                    remainder_bits: limits.remainder_bits.unwrap_or(defaults.remainder_bits).max(least.1),
                    tables,
                    input: options.input,
                    private_bits,
                    few_columns: limits.few_columns,
                };
                circuit::search(network, &search_options)
            };
            let found = self
                .run(search, plan, make, progress)
                .map_err(|error| explain::scale(error, network, self.shown, options))?;
            // Only ever more, so that this ends.
            match missing.filter(|bits| Some(*bits) > private_bits) {
                Some(bits) => private_bits = Some(bits),
                None => return Ok(found),
            }
        }
    }

    /// Tries the layouts that `search` gives, cheapest first.
    fn run<C>(
        &self,
        search: impl Fn(Limits) -> Result<Vec<C>>,
        plan: impl Fn(&C) -> Plan,
        mut make: impl FnMut(&C) -> Result<(Model, quant::Scales)>,
        progress: &mut dyn FnMut(&'static str, f64),
    ) -> Result<(Model, quant::Scales, Search)> {
        let choices = match self.options.value_bits {
            None => search(Limits::default())?,
            Some(bits) => (bits..=MAX_BITS)
                .find_map(|bits| search(Limits { value_bits: Some((bits, bits)), ..Limits::default() }).ok())
                .map_or_else(|| search(Limits { value_bits: Some((bits, MAX_BITS)), ..Limits::default() }), Ok)?,
        };
        let quant_options = quant_options(self.options);
        let tables = quant::tables(self.network, self.ranges, &quant_options)?.count > 0;
        let sudden = quant::compares_reals(self.network, self.ranges, &quant_options);
        let budget = if sudden { BUDGET } else { SMALL_BUDGET };
        let most = (budget / self.network.products().max(1)).min(BETWEEN) as usize;
        let between = if sudden || tables { quant::between(self.network, self.shown, most) } else { Vec::new() };
        let mut trials = Trials::new(self.network, self.shown, &between, self.options.target);
        for (tried, choice) in choices.iter().enumerate() {
            let cost = plan(choice).prediction;
            if trials.is_cheap_enough(cost) || self.below.is_some_and(|below| cost.native_seconds >= below) {
                break;
            }
            let mut report = |done| progress("search", (tried as f64 + done) / choices.len() as f64);
            if trials.attempt(plan(choice), || make(choice), &mut report)?.is_break() {
                break;
            }
        }
        let mut taken = trials.best();
        if let (Prefer::Columns, Some(best)) = (self.options.prefer, taken) {
            let (value, remainder) = trials.bits(best);
            let most = if self.options.value_bits.is_some() { value } else { MAX_BITS };
            let limits = Limits { value_bits: Some((value, most)), remainder_bits: Some(remainder), few_columns: true };
            for choice in search(limits)? {
                let _ = trials.attempt(plan(&choice), || make(&choice), &mut |_| {})?;
                taken = trials.last_if_good().or(taken);
            }
        }
        trials.take(taken)
    }
}

/// Bits that private weights are first taken to have beyond those of a remainder.
const PRIVATE_BITS: u32 = 2;
/// Most bits of a code that may be asked for.
const MAX_BITS: u32 = 32;

#[cfg(test)]
mod tests;
