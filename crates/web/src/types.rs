//! Conversions between JavaScript values and ours; field names are the JavaScript contract.

use hushproof_core::error::{ArtifactKind, Error, Result};
use js_sys::{Array, Float32Array, Float64Array, Object, Reflect, Uint8Array};
use serde::Serialize;
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};

use crate::Thrown;

/// Deepest nesting of input arrays.
const MAX_DEPTH: usize = 16;

/// A JavaScript value of the same form.
///
/// # Errors
/// What serde throws of a value that has no such form.
pub fn to_js(value: &impl Serialize) -> Result<JsValue, Thrown> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).map_err(|error| JsValue::from(error).into())
}

/// As [`to_js`], with the bytes of files added to the object.
///
/// # Errors
/// As [`to_js`].
pub fn with_files(value: &impl Serialize, files: &[(&str, &[u8])]) -> Result<JsValue, Thrown> {
    let object = to_js(value)?;
    for (name, bytes) in files {
        Reflect::set(&object, &(*name).into(), &Uint8Array::from(*bytes))?;
    }
    Ok(object)
}

/// Input tensors as JSON text; numbers that JSON lacks become text, which the reader refuses by position.
///
/// # Errors
/// `Artifact` for anything but nested objects and arrays of numbers.
pub fn to_json(inputs: &JsValue) -> Result<String> {
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
