//! Conversions between JavaScript values and ours; field names are the JavaScript contract.

use std::collections::BTreeMap;

use js_sys::{Array, Float32Array, Float64Array, Object, Reflect};
use serde::Serialize;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

use crate::{
    error::{ArtifactKind, Error, Result},
    graph::Model,
    prove::{self, ProvingKey, VerifyingKey},
    statement::OutputKind,
};

/// Deepest nesting of input arrays.
const MAX_DEPTH: usize = 16;

#[derive(Serialize)]
pub(super) struct Info<'a> {
    model: &'a str,
    digest: String,
    k: u32,
    rows: usize,
    advice_columns: usize,
    srs_origin: String,
    inputs: [InputInfo<'a>; 1],
    outputs: [OutputInfo<'a>; 1],
}

#[derive(Serialize)]
struct InputInfo<'a> {
    name: &'a str,
    shape: &'a [usize],
    min: Vec<f64>,
    max: Vec<f64>,
}

#[derive(Serialize)]
struct OutputInfo<'a> {
    name: &'a str,
    kind: &'static str,
}

impl<'a> Info<'a> {
    pub(super) fn new(model: &'a Model, key: &'a ProvingKey) -> Self {
        let (input, (min, max)) = (model.input(), model.input_range());
        Self {
            model: model.name(),
            digest: hex::encode(key.vk.digest()),
            k: key.layout.k(),
            rows: key.layout.rows_used(),
            advice_columns: key.vk.params.advice_columns(),
            srs_origin: key.vk.srs_origin.to_string(),
            inputs: [InputInfo { name: &input.name, shape: &input.shape, min, max }],
            outputs: [OutputInfo {
                name: &model.output().name,
                kind: match key.vk.statement.kind {
                    OutputKind::Scale { .. } => "value",
                    OutputKind::Decision => "decision",
                    OutputKind::Index => "index",
                },
            }],
        }
    }
}

#[derive(Serialize)]
pub(super) struct Proved<'a> {
    proof: String,
    outputs: BTreeMap<&'a str, &'a [f64]>,
    seconds: prove::Seconds,
    stages: prove::StageSeconds,
}

impl<'a> Proved<'a> {
    pub(super) fn new(vk: &'a VerifyingKey, proved: &'a prove::Proved) -> Self {
        Self {
            proof: proved.proof.to_json(),
            outputs: BTreeMap::from([(vk.statement.output.port.name.as_str(), proved.outputs.as_slice())]),
            seconds: proved.seconds,
            stages: proved.stages,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Verified<'a> {
    outputs: BTreeMap<&'a str, &'a [f64]>,
    model: &'a str,
    seconds: f64,
    srs_origin: String,
}

impl<'a> Verified<'a> {
    pub(super) fn new(vk: &'a VerifyingKey, verified: &'a prove::Verified, seconds: f64) -> Self {
        Self {
            outputs: BTreeMap::from([(vk.statement.output.port.name.as_str(), verified.outputs.as_slice())]),
            model: &vk.model,
            seconds,
            srs_origin: vk.srs_origin.to_string(),
        }
    }
}

pub(super) fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).map_err(JsValue::from)
}

#[derive(Serialize)]
struct ErrorObject {
    code: &'static str,
    message: String,
    details: Value,
}

pub(super) fn error_to_js(error: &Error) -> JsValue {
    let object = ErrorObject { code: error.code(), message: error.to_string(), details: details(error) };
    to_js(&object).unwrap_or_else(|other| other)
}

/// The facts that a program acts on; of the other errors the message says all. Never a private value.
fn details(error: &Error) -> Value {
    match error {
        Error::InputName { expected, got } => json!({ "expected": expected, "got": got }),
        Error::InputShape { input, expected, got } => json!({ "input": input, "expected": expected, "got": got }),
        Error::InputValue { input, index, .. } => json!({ "input": input, "index": index }),
        Error::InputRange { input, index, min, max } => {
            json!({ "input": input, "index": index, "min": min, "max": max })
        }
        Error::OutOfMemory { needed_bytes, available_bytes } => {
            json!({ "needed": needed_bytes, "available": available_bytes })
        }
        Error::ModelTooLarge { needed, available } => json!({ "needed": needed, "available": available }),
        Error::Scale { node, min, max, .. } | Error::Accuracy { node, min, max, .. } => {
            json!({ "node": node, "min": min, "max": max })
        }
        Error::ActivationRange { node, index } => json!({ "node": node, "index": index }),
        Error::SrsTooSmall { needed, available } => json!({ "needed": needed, "available": available }),
        Error::SrsMismatch { expected, got } => json!({ "expected": expected, "got": got }),
        Error::KeyMismatch { kind, expected, got } => {
            json!({ "kind": kind.to_string(), "expected": expected, "got": got })
        }
        Error::Artifact { kind, .. } => json!({ "kind": kind.to_string() }),
        Error::Version { kind, expected, got } => {
            json!({ "kind": kind.to_string(), "expected": expected, "got": got })
        }
        Error::Option { option, .. } => json!({ "option": option }),
        _ => json!({}),
    }
}

/// Input tensors as JSON text; numbers that JSON lacks become text, which the reader refuses by position.
pub(super) fn to_json(inputs: &JsValue) -> Result<String> {
    json_value(inputs, 0).map(|value| value.to_string())
}

fn json_value(value: &JsValue, depth: usize) -> Result<Value> {
    let unreadable = || Error::artifact(ArtifactKind::Data, "expected an object of names and nested arrays of numbers");
    if depth > MAX_DEPTH {
        return Err(unreadable());
    }
    if let Some(number) = value.as_f64() {
        return Ok(json_number(number));
    }
    if let Some(array) = value.dyn_ref::<Array>() {
        return array.iter().map(|item| json_value(&item, depth + 1)).collect();
    }
    if let Some(array) = value.dyn_ref::<Float32Array>() {
        return Ok(array.to_vec().into_iter().map(|number| json_number(number.into())).collect());
    }
    if let Some(array) = value.dyn_ref::<Float64Array>() {
        return Ok(array.to_vec().into_iter().map(json_number).collect());
    }
    if value.is_null() || value.is_undefined() {
        return Ok(Value::Null);
    }
    let object = value.dyn_ref::<Object>().ok_or_else(unreadable)?;
    let entry = |key: JsValue| {
        let item = Reflect::get(object, &key).map_err(|_| unreadable())?;
        Ok((key.as_string().ok_or_else(unreadable)?, json_value(&item, depth + 1)?))
    };
    Object::keys(object).iter().map(entry).collect::<Result<serde_json::Map<_, _>>>().map(Value::Object)
}

fn json_number(number: f64) -> Value {
    serde_json::Number::from_f64(number).map_or_else(|| Value::String(number.to_string()), Value::Number)
}
