//! Conversions between JavaScript values and ours; field names are the JavaScript contract.

use js_sys::{Array, Float32Array, Float64Array, Object, Reflect, Uint8Array};
use serde::Serialize;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

use crate::error::{ArtifactKind, Error, Result, UnsupportedOp};

/// Deepest nesting of input arrays.
const MAX_DEPTH: usize = 16;

pub(super) fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).map_err(JsValue::from)
}

/// As [`to_js`], with the bytes of files added to the object.
pub(super) fn with_files(value: &impl Serialize, files: &[(&str, &[u8])]) -> Result<JsValue, JsValue> {
    let object = to_js(value)?;
    for (name, bytes) in files {
        Reflect::set(&object, &(*name).into(), &Uint8Array::from(*bytes))?;
    }
    Ok(object)
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
        Error::Unsupported(operators) => {
            let operator =
                |found: &UnsupportedOp| json!({ "node": found.node, "op": found.op, "reason": found.reason });
            json!({ "operators": operators.iter().map(operator).collect::<Vec<_>>() })
        }
        Error::DynamicShape { input, shape } => json!({ "input": input, "shape": shape }),
        Error::Shape { node, op, expected, got } => {
            json!({ "node": node, "op": op, "expected": expected, "got": got })
        }
        Error::Graph { node, .. } => json!({ "node": node }),
        Error::ExternalData { tensor } => json!({ "tensor": tensor }),
        Error::Range { node, op, got_bits, max_bits } => {
            json!({ "node": node, "op": op, "needed": got_bits, "available": max_bits })
        }
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
