//! Conversions between JavaScript values and ours; field names are the JavaScript contract.

use hushproof_core::error::{ArtifactKind, Error, Result};
use js_sys::{Array, Float32Array, Float64Array, Object, Reflect, Uint8Array};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};

use crate::Thrown;

/// Deepest nesting of input arrays.
const MAX_DEPTH: usize = 16;

/// A JavaScript value of the same form; bytes are a `Uint8Array`.
///
/// # Errors
/// What serde throws of a value that has no such form.
pub fn to_js(value: &impl Serialize) -> Result<JsValue, Thrown> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible().serialize_bytes_as_arrays(false);
    value.serialize(&serializer).map_err(|error| JsValue::from(error).into())
}

/// The value of an option; `undefined` is none.
///
/// # Errors
/// `Option` for a value of another form.
pub fn read_option<T: DeserializeOwned>(option: &'static str, value: JsValue) -> Result<T> {
    serde_wasm_bindgen::from_value(value).map_err(|error| Error::Option { option, reason: error.to_string() })
}

/// The bytes of a `Uint8Array`. The bindings' own conversion to a slice makes an empty one of a number or a `DataView`.
///
/// # Errors
/// `Option` for anything else.
pub fn read_bytes(option: &'static str, value: &JsValue) -> Result<Vec<u8>> {
    let refuse = || Error::Option { option, reason: "expected a Uint8Array".to_owned() };
    value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec).ok_or_else(refuse)
}

/// A text.
///
/// # Errors
/// `Option` for anything else.
pub fn read_text(option: &'static str, value: &JsValue) -> Result<String> {
    value.as_string().ok_or_else(|| Error::Option { option, reason: "expected a string".to_owned() })
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
    if let Some(name) = value.as_string() {
        return Ok(Value::String(name));
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

/// A number, NaN being a missing one.
fn json_number(number: f64) -> Value {
    if number.is_nan() {
        return Value::Null;
    }
    serde_json::Number::from_f64(number).map_or_else(|| Value::String(number.to_string()), Value::Number)
}
