//! Compilation of ONNX models in a browser: convert, call, throw the error.
#![cfg(target_arch = "wasm32")]

use std::collections::BTreeMap;

use hushproof_compiler::{
    compile::{self, Compiled, Options, Prefer, Reduction},
    data,
    onnx::{self, Graph},
    quant::Accuracy,
};
use hushproof_core::{
    circuit::Prediction,
    error::{Error, Result},
    graph::{Network, ValueInfo, Visibility},
};
use hushproof_web::{Thrown, reporter, to_js, to_json, with_files};
use js_sys::{Array, Float64Array, Function, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

/// Bits of an activation that can be asked for.
const BITS: std::ops::RangeInclusive<u32> = 4..=24;

/// Version of this module.
#[wasm_bindgen]
pub fn version() -> String {
    hushproof_web::version()
}

/// Size of the linear memory; it never shrinks, so this is the peak.
#[wasm_bindgen(js_name = memoryBytes)]
pub fn memory_bytes() -> f64 {
    hushproof_web::memory_bytes()
}

/// An ONNX model that can be compiled.
#[wasm_bindgen]
pub struct OnnxModel {
    graph: Graph,
    network: Network,
}

#[wasm_bindgen]
impl OnnxModel {
    /// Reads a model and brings it into the form that is compiled, which finds everything that is unsupported.
    #[wasm_bindgen(constructor)]
    pub fn new(onnx: &[u8]) -> Result<Self, Thrown> {
        let graph = onnx::read(onnx)?;
        let network = graph.network()?;
        Ok(Self { graph, network })
    }

    /// What the model takes, gives and is made of.
    pub fn info(&self) -> Result<JsValue, Thrown> {
        let mut operators = BTreeMap::new();
        for node in self.graph.nodes() {
            *operators.entry(node.op()).or_insert(0) += 1;
        }
        to_js(&Info {
            name: self.graph.name(),
            input: &self.network.input,
            output: &self.network.output,
            operators,
            parameters: self.graph.parameters(),
        })
    }

    /// The rows of a data set, an array of arrays: the bytes of a JSON, `.npy` or `.npz` file, or an object from the
    /// input's name to nested arrays with a leading batch axis.
    pub fn rows(&self, data: JsValue) -> Result<Array, Thrown> {
        Ok(self.read_rows(&data)?.iter().map(|row| JsValue::from(Float64Array::from(row.as_slice()))).collect())
    }

    /// Compiles the model on rows of typical inputs, as [`Self::rows`] reads them. Returns `{ hush, report }`.
    /// `on_progress(stage, fraction)` is called meanwhile.
    pub fn compile(
        &self,
        calibration: JsValue,
        options: JsValue,
        on_progress: Option<Function>,
    ) -> Result<JsValue, Thrown> {
        let (options, input_margin) = read_options(options)?;
        let options = options.of_input(&self.graph, input_margin);
        let mut progress = reporter(on_progress);
        progress("calibration", 0.0);
        let rows = self.read_rows(&calibration)?;
        progress("compile", 0.0);
        let compiled = compile::compile(self.network.clone(), &rows, &options)?;
        progress("evaluate", 0.0);
        let full = compile::report(&compiled, &rows, &options)?;
        progress("evaluate", 1.0);
        let (hush, html) = (compiled.model.to_bytes(), full.html());
        let report = Report::new(&compiled, rows.len(), hush.len(), full.accuracy);
        with_files(&Answer { report, html }, &[("hush", &hush)])
    }
}

impl OnnxModel {
    fn read_rows(&self, data: &JsValue) -> Result<Vec<Vec<f64>>> {
        match data.dyn_ref::<Uint8Array>() {
            Some(bytes) => data::read_rows(&bytes.to_vec(), &self.network.input),
            None => data::read_rows(to_json(data)?.as_bytes(), &self.network.input),
        }
    }
}

#[derive(Serialize)]
struct Info<'a> {
    name: &'a str,
    input: &'a ValueInfo,
    output: &'a ValueInfo,
    operators: BTreeMap<&'a str, u32>,
    parameters: usize,
}

#[derive(Serialize)]
struct Answer<'a> {
    report: Report<'a>,
    html: String,
}

/// What a publisher wants to know of a compiled model; the names are those of `hushproof compile --json`.
#[derive(Serialize)]
struct Report<'a> {
    model: &'a str,
    bytes: usize,
    k: u32,
    rows: usize,
    advice_columns: usize,
    weights: Visibility,
    value_bits: u32,
    calibration_rows: usize,
    accuracy: Accuracy,
    predicted: Prediction,
}

impl<'a> Report<'a> {
    fn new(compiled: &'a Compiled, calibration_rows: usize, bytes: usize, accuracy: Accuracy) -> Self {
        let Compiled { model, layout, .. } = compiled;
        Self {
            model: &model.name,
            bytes,
            k: layout.k,
            rows: layout.rows_used(),
            advice_columns: layout.params.advice_columns(),
            weights: model.weights_visibility(),
            value_bits: model.digits.value_bits(),
            calibration_rows,
            accuracy,
            predicted: layout.prediction(),
        }
    }
}

/// A publisher's choices in JavaScript's names.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Choices {
    bits: Option<u32>,
    max_error: Option<f64>,
    margin: f64,
    input_margin: Option<f64>,
    input_range: Option<[f64; 2]>,
    output: Output,
    input: Visibility,
    weights: Visibility,
    prefer: Preference,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Output {
    Public,
    ArgMax,
    Threshold(f64),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Preference {
    Speed,
    Columns,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            bits: None,
            max_error: None,
            margin: Options::default().margin,
            input_margin: None,
            input_range: None,
            output: Output::Public,
            input: Options::default().input,
            weights: Options::default().weights,
            prefer: Preference::Speed,
        }
    }
}

/// The options, and the margin of the input if one is asked for.
fn read_options(options: JsValue) -> Result<(Options, Option<f64>)> {
    let refuse = |option: &'static str, reason: String| Error::Option { option, reason };
    let choices: Choices =
        serde_wasm_bindgen::from_value(options).map_err(|error| refuse("options", error.to_string()))?;
    if let Some(bits) = choices.bits.filter(|bits| !BITS.contains(bits)) {
        return Err(refuse("bits", format!("got {bits}, expected {} to {}", BITS.start(), BITS.end())));
    }
    let reduction = match choices.output {
        Output::Public => Reduction::Full,
        Output::ArgMax => Reduction::ArgMax,
        Output::Threshold(at) if at.is_finite() => Reduction::Threshold(at),
        Output::Threshold(at) => return Err(refuse("output", format!("threshold {at} is not a finite number"))),
    };
    let options = Options {
        value_bits: choices.bits,
        max_error: choices.max_error,
        input_range: choices.input_range,
        margin: choices.margin,
        input: choices.input,
        weights: choices.weights,
        reduction,
        prefer: match choices.prefer {
            Preference::Speed => Prefer::Speed,
            Preference::Columns => Prefer::Columns,
        },
        ..Options::default()
    };
    Ok((options, choices.input_margin))
}
