//! What JavaScript calls: convert, call, throw the error.

use hushproof_compiler::{
    compile::{self, Options, Reduction, Target},
    data,
    onnx::{self, Graph, ReadOptions},
};
use hushproof_core::{
    error::{Error, Result},
    graph::{Network, Visibility},
    schema::Schema,
};
use hushproof_web::{Thrown, read_bytes, read_option, reporter, to_js, to_json};
use js_sys::{Array, Float64Array, Function, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::boundary::{Choices, CompileReport, Compiled, OnnxInfo, Output, ReadChoices};

/// Bits of an activation that can be asked for.
const BITS: std::ops::RangeInclusive<u32> = 4..=32;

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
    pub fn new(onnx: JsValue, options: JsValue) -> Result<Self, Thrown> {
        let choices: Option<ReadChoices> = read_option("options", options)?;
        let ReadChoices { outputs, dims } = choices.unwrap_or_default();
        let (outputs, dims) = (outputs.unwrap_or_default(), dims.unwrap_or_default());
        let options = ReadOptions { outputs: &outputs, dims: &dims, ..ReadOptions::default() };
        let (graph, network) = onnx::import_with(&read_bytes("onnx", &onnx)?, &options)?;
        Ok(Self { graph, network })
    }

    /// What the model takes, gives and is made of.
    pub fn info(&self) -> Result<JsValue, Thrown> {
        to_js(&OnnxInfo::new(&self.graph, &self.network))
    }

    /// The rows of a data set, an array of arrays: the bytes of a JSON, `.npy`, `.npz` or CSV file, or an object from
    /// the inputs' names to nested arrays with a leading batch axis.
    pub fn rows(&self, data: JsValue) -> Result<Array, Thrown> {
        Ok(self.read_rows(&data)?.iter().map(|row| JsValue::from(Float64Array::from(row.as_slice()))).collect())
    }

    /// Compiles the model on rows of typical inputs, as [`Self::rows`] reads them. `on_progress(stage, fraction)` is
    /// called meanwhile.
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
        let compiled = compile::compile_with(self.network.clone(), &rows, &options, &mut progress)?;
        progress("report", 0.0);
        let full = compile::report(&compiled, &rows, &options)?;
        progress("report", 1.0);
        let (hush, html) = (compiled.model.to_bytes(), full.html());
        let report = CompileReport::new(&compiled, rows.len(), hush.len(), full.accuracy);
        to_js(&Compiled { hush, report, html })
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

/// The options, and the margin of the input if one is asked for.
fn read_options(options: JsValue) -> Result<(Options, Option<f64>)> {
    let refuse = |option: &'static str, reason: String| Error::Option { option, reason };
    let choices: Choices = read_option("options", options)?;
    if let Some(bits) = choices.bits.filter(|bits| !BITS.contains(bits)) {
        return Err(refuse("bits", format!("got {bits}, expected {} to {}", BITS.start(), BITS.end())));
    }
    let defaults = Options::default();
    let reduction = match choices.output {
        None => defaults.reduction,
        Some(Output::Public) => Reduction::Full,
        Some(Output::ArgMax) => Reduction::ArgMax,
        Some(Output::Threshold(at)) if at.is_finite() => Reduction::Threshold(at),
        Some(Output::Threshold(at)) => {
            return Err(refuse("output", format!("threshold {at} is not a finite number")));
        }
        Some(Output::Bands(thresholds)) => Reduction::Bands(thresholds),
        Some(Output::Committed(schema)) => Reduction::Committed(Schema::from_json(&schema)?),
    };
    let target = match (choices.max_error, choices.target) {
        (Some(_), Some(_)) => return Err(refuse("maxError", "there is a target, too".to_owned())),
        (Some(error), None) => Target::MaxError(error),
        (None, target) => target.map_or(defaults.target, Into::into),
    };
    let schemas = choices.schemas.iter().flatten().map(|text| Schema::from_json(text));
    let schemas = schemas.collect::<Result<Vec<_>, _>>()?;
    let usual = if !schemas.is_empty() { Visibility::Committed } else { defaults.input };
    let options = Options {
        value_bits: choices.bits,
        target,
        accept_error: choices.accept_error.unwrap_or(defaults.accept_error),
        input_range: choices.input_range,
        margin: choices.margin.unwrap_or(defaults.margin),
        input: choices.input.map_or(usual, Into::into),
        schemas,
        weights: choices.weights.map_or(defaults.weights, Into::into),
        prefer: choices.prefer.map_or(defaults.prefer, Into::into),
        reduction,
        ..defaults
    };
    Ok((options, choices.input_margin))
}
