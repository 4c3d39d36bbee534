//! Errors as JavaScript objects; field names are the JavaScript contract.

use hushproof_core::error::{Error, Figures, UnsupportedOp};
use serde::Serialize;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;

use crate::types::to_js;

/// What an exported function throws: an object `{ code, message, details }`.
#[derive(Debug)]
pub struct Thrown(JsValue);

impl From<Error> for Thrown {
    fn from(error: Error) -> Self {
        let object = ErrorObject { code: error.code(), message: error.to_string(), details: details(&error) };
        to_js(&object).map_or_else(|other| other, Self)
    }
}

impl From<JsValue> for Thrown {
    fn from(value: JsValue) -> Self {
        Self(value)
    }
}

impl From<Thrown> for JsValue {
    fn from(thrown: Thrown) -> Self {
        thrown.0
    }
}

#[derive(Serialize)]
struct ErrorObject {
    code: &'static str,
    message: String,
    details: Value,
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
        Error::Scale { node, min, max, .. } => json!({ "node": node, "min": min, "max": max }),
        Error::Accuracy { node, min, max, figures, .. } => {
            let Figures { rows, out_of_range, outputs } = &**figures;
            json!({
                "node": node, "min": min, "max": max, "rows": rows, "outOfRange": out_of_range, "outputs": outputs,
            })
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
        Error::Unsupported(found) => json!({ "operators": operators(found) }),
        Error::UnsupportedAfter { operators: found, outputs } => {
            json!({ "operators": operators(found), "outputs": outputs })
        }
        Error::DynamicShape { input, shape } => json!({ "input": input, "shape": shape }),
        Error::Shape { node, op, expected, got } => {
            json!({ "node": node, "op": op, "expected": expected, "got": got })
        }
        Error::Graph { node, .. } => json!({ "node": node }),
        Error::ExternalData { tensor } | Error::ExternalFile { tensor, .. } => json!({ "tensor": tensor }),
        Error::Range { node, op, got_bits, max_bits } => {
            json!({ "node": node, "op": op, "needed": got_bits, "available": max_bits })
        }
        _ => json!({}),
    }
}

fn operators(found: &[UnsupportedOp]) -> Vec<Value> {
    found.iter().map(|found| json!({ "node": found.node, "op": found.op, "reason": found.reason })).collect()
}
