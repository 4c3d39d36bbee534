//! The data that JavaScript gives and is given. A test of `hushproof-web` makes the TypeScript of these types and their
//! documentation, `www/src/lib/boundary.ts`.

use std::collections::BTreeMap;

use hushproof_compiler::{compile, compile::Prefer, onnx::Graph, quant};
use hushproof_core::{
    circuit,
    graph::{self, Network, Part, ValueInfo},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A tensor's name and shape.
#[derive(Serialize, TS)]
pub struct Port<'a> {
    /// Its name.
    pub name: &'a str,
    /// Sizes in ONNX order.
    #[ts(type = "readonly number[]")]
    pub shape: &'a [usize],
}

impl<'a> Port<'a> {
    /// The tensors of the graph that a value info is, or joins.
    fn all(ValueInfo { name, shape, parts, .. }: &'a ValueInfo) -> Vec<Self> {
        if parts.is_empty() {
            return vec![Self { name, shape }];
        }
        parts.iter().map(|Part { name, shape }| Self { name, shape }).collect()
    }
}

impl<'a> From<&'a ValueInfo> for Port<'a> {
    fn from(ValueInfo { name, shape, .. }: &'a ValueInfo) -> Self {
        Self { name, shape }
    }
}

/// What an ONNX model takes, gives and is made of.
#[derive(Serialize, TS)]
pub struct OnnxInfo<'a> {
    /// The graph's name.
    pub name: &'a str,
    /// Several inputs are parts of one vector, whose name joins theirs with `+`.
    pub input: Port<'a>,
    /// The inputs by their own names, by which their values can be given, too.
    pub inputs: Vec<Port<'a>>,
    /// Several outputs are joined likewise.
    pub output: Port<'a>,
    /// How many nodes of each operator are left once constants are folded.
    #[ts(type = "Readonly<Record<string, number>>")]
    pub operators: BTreeMap<&'a str, u32>,
    /// Constants that these nodes read.
    pub parameters: usize,
    /// What somebody who compiles the model is to know of it.
    pub notes: Vec<String>,
}

impl<'a> OnnxInfo<'a> {
    /// Of a graph and its form that is compiled.
    pub fn new(graph: &'a Graph, network: &'a Network) -> Self {
        let mut operators = BTreeMap::new();
        for node in graph.nodes() {
            *operators.entry(node.op()).or_insert(0) += 1;
        }
        Self {
            name: graph.name(),
            input: (&network.input).into(),
            inputs: Port::all(&network.input),
            output: (&network.output).into(),
            operators,
            parameters: graph.parameters(),
            notes: graph.notes(),
        }
    }
}

/// A compiled model.
#[derive(Serialize, TS)]
#[ts(rename = "WasmCompiled")]
pub struct Compiled<'a> {
    /// The `.hush` file.
    #[serde(with = "serde_bytes")]
    #[ts(type = "Uint8Array<ArrayBuffer>")]
    pub hush: Vec<u8>,
    /// What a publisher wants to know of it.
    pub report: CompileReport<'a>,
    /// The report as a page.
    pub html: String,
}

/// What the compiler reports, in the names of `hushproof compile --json`.
#[derive(Serialize, TS)]
pub struct CompileReport<'a> {
    /// The model's name.
    pub model: &'a str,
    /// Of the `.hush` file.
    pub bytes: usize,
    /// log2 of the circuit's rows.
    pub k: u32,
    /// Rows that are used.
    pub rows: usize,
    /// Advice columns.
    pub advice_columns: usize,
    /// Who sees the weights.
    pub weights: Visibility,
    /// Least bits of an activation's code.
    pub value_bits: u32,
    /// Rows that ranges were taken from.
    pub calibration_rows: usize,
    /// The integers against the floats, on the calibration rows.
    pub accuracy: Accuracy,
    /// Whether they meet the target; if not, `acceptError` was given.
    pub met: bool,
    /// What is to be said of values that the target does not ask for.
    pub warnings: Vec<String>,
    /// Of one proof on two threads.
    pub predicted: PredictedCost,
}

impl<'a> CompileReport<'a> {
    /// Of a model whose file takes so many bytes.
    pub fn new(
        compiled: &'a compile::Compiled,
        calibration_rows: usize,
        bytes: usize,
        accuracy: quant::Accuracy,
    ) -> Self {
        let compile::Compiled { model, layout, .. } = compiled;
        Self {
            model: &model.name,
            bytes,
            k: layout.k,
            rows: layout.rows_used(),
            advice_columns: layout.params.advice_columns(),
            weights: model.weights_visibility().into(),
            value_bits: model.digits.value_bits(),
            calibration_rows,
            met: accuracy.is_met(),
            warnings: accuracy.warnings(),
            accuracy: accuracy.into(),
            predicted: layout.prediction().into(),
        }
    }
}

/// How close the integer model is to the float network on some rows.
#[derive(Serialize, TS)]
pub struct Accuracy {
    /// Rows that were evaluated.
    pub rows: usize,
    /// Rows refused because a value leaves the calibrated range.
    pub out_of_range: usize,
    /// The first of these refusals, with its row.
    pub first_refusal: Option<String>,
    /// Rows with the same class; null where no output is a class.
    pub agreeing: Option<usize>,
    /// `agreeing / rows`.
    pub top1_agreement: Option<f64>,
    /// Largest error of a value; null for decisions, and where all rows were refused.
    pub max_abs_error: Option<f64>,
    /// Mean error of the values.
    pub mean_abs_error: Option<f64>,
    /// Each output for itself.
    pub outputs: Vec<OutputAccuracy>,
}

/// How close one output is.
#[derive(Serialize, TS)]
pub struct OutputAccuracy {
    /// Its name.
    pub name: String,
    /// What its values are: `values`, `probabilities`, `scores`, `logits` or `integers`.
    pub meaning: &'static str,
    /// Largest error of a value; null for integers, and where all rows were refused.
    pub max_abs_error: Option<f64>,
    /// Mean error of the values.
    pub mean_abs_error: Option<f64>,
    /// Largest error of a value as a share of that value's range.
    pub range_share: Option<f64>,
    /// Share of its classes, or integers, that are the float network's; null where it is no class.
    pub agreement: Option<f64>,
    /// Whether it meets the target.
    pub met: bool,
}

impl From<quant::Accuracy> for Accuracy {
    fn from(accuracy: quant::Accuracy) -> Self {
        Self {
            rows: accuracy.rows,
            out_of_range: accuracy.out_of_range,
            first_refusal: accuracy.first_refusal,
            agreeing: accuracy.agreeing,
            top1_agreement: accuracy.top1_agreement,
            max_abs_error: accuracy.max_abs_error,
            mean_abs_error: accuracy.mean_abs_error,
            outputs: accuracy.outputs.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<quant::OutputAccuracy> for OutputAccuracy {
    fn from(output: quant::OutputAccuracy) -> Self {
        Self {
            name: output.name,
            meaning: output.meaning.name(),
            max_abs_error: output.max_abs_error,
            mean_abs_error: output.mean_abs_error,
            range_share: output.range_share,
            agreement: output.agreement,
            met: output.met,
        }
    }
}

/// What one proof on two threads is predicted to take.
#[derive(Serialize, TS)]
pub struct PredictedCost {
    /// Of the native program.
    pub native_seconds: f64,
    /// In a browser.
    pub browser_seconds: f64,
    /// Peak memory of the native program.
    pub memory_bytes: u64,
}

impl From<circuit::Prediction> for PredictedCost {
    fn from(prediction: circuit::Prediction) -> Self {
        let circuit::Prediction { native_seconds, browser_seconds, memory_bytes } = prediction;
        Self { native_seconds, browser_seconds, memory_bytes }
    }
}

/// How an ONNX model is read, all optional.
#[derive(Deserialize, Default, TS)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[ts(rename = "WasmReadOptions", optional_fields)]
pub struct ReadChoices {
    /// Which outputs, of the model or of any of its nodes; by default all of the model.
    #[ts(optional, type = "readonly string[]")]
    pub outputs: Option<Vec<String>>,
    /// Sizes of free dimensions of the inputs by their names, of one without a name by `INPUT.AXIS`.
    #[ts(optional, type = "Readonly<Record<string, number>>")]
    pub dims: Option<BTreeMap<String, usize>>,
}

/// A publisher's choices, all optional; the defaults are those of `hushproof compile`.
#[derive(Deserialize, TS)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[ts(rename = "WasmCompileOptions", optional_fields)]
pub struct Choices {
    /// Bits of an activation, 4 to 32; by default the fewest that meet the target.
    pub bits: Option<u32>,
    /// What must be right on the rows; code `accuracy` where no width reaches it.
    pub target: Option<Target>,
    /// Largest absolute error of an output, instead of that.
    pub max_error: Option<f64>,
    /// `true` gives the best model also where it misses the target or refuses rows; `report.met` tells.
    pub accept_error: Option<bool>,
    /// Factor on the calibrated ranges of inner values; values beyond are refused.
    pub margin: Option<f64>,
    /// Factor on the calibrated ranges of input values.
    pub input_margin: Option<f64>,
    /// Range of input values, instead of what the rows show.
    #[ts(optional, type = "readonly [number, number]")]
    pub input_range: Option<[f64; 2]>,
    /// What is revealed of the output.
    pub output: Option<Output>,
    /// Who sees the input; of a record of a schema a commitment by default.
    pub input: Option<Visibility>,
    /// What a committed input is records of, each as JSON: one for all of it, or one for each input that it joins.
    pub schemas: Option<Vec<String>>,
    /// Who sees the weights. Private ones are in the `.hush` file, which must then stay secret.
    pub weights: Option<Visibility>,
    /// Whether the layout is chosen for proving time or for few columns.
    pub prefer: Option<Preference>,
}

/// What must be right: what each output is, the class in 99.5 % of the rows, or values within 1 % of each value's range.
#[derive(Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// Classes where outputs are classes, and values but those of logits.
    Auto,
    /// Only the class.
    Class,
    /// Values, and integers.
    Values,
}

impl From<Target> for quant::Target {
    fn from(target: Target) -> Self {
        match target {
            Target::Auto => Self::Auto,
            Target::Class => Self::Class,
            Target::Values => Self::Values,
        }
    }
}

/// All of the output, the index of its largest value, whether it is at least `threshold`, how many of `bands`, which
/// ascend, it reaches, or a commitment to it, a record of a schema.
#[derive(Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// All of it.
    Public,
    /// The index of its largest value.
    ArgMax,
    /// Whether it is at least this.
    Threshold(f64),
    /// How many of these the one output value reaches.
    Bands(Vec<f64>),
    /// A commitment to it; the record's schema as JSON.
    Committed(String),
}

/// Who sees it: who proves, or who verifies, too, or a commitment to it.
#[derive(Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Who proves.
    Private,
    /// Who verifies, too.
    Public,
    /// Who proves; who verifies sees a commitment to it.
    Committed,
}

impl From<graph::Visibility> for Visibility {
    fn from(visibility: graph::Visibility) -> Self {
        match visibility {
            graph::Visibility::Private => Self::Private,
            graph::Visibility::Public => Self::Public,
            graph::Visibility::Committed => Self::Committed,
        }
    }
}

impl From<Visibility> for graph::Visibility {
    fn from(visibility: Visibility) -> Self {
        match visibility {
            Visibility::Private => Self::Private,
            Visibility::Public => Self::Public,
            Visibility::Committed => Self::Committed,
        }
    }
}

/// What the layout is chosen for.
#[derive(Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Preference {
    /// Proving time.
    Speed,
    /// Few columns.
    Columns,
}

impl From<Preference> for Prefer {
    fn from(preference: Preference) -> Self {
        match preference {
            Preference::Speed => Self::Speed,
            Preference::Columns => Self::Columns,
        }
    }
}
