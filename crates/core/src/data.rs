//! Input values and data sets: INPUT.json and DATA.
//!
//! One tensor comes as `{"name": nested array}` or in EZKL's form `{"input_data": [[…]]}`, a data set as the same with
//! a leading batch axis. `null`, or `NaN` as Python writes it, is a missing value, which is NaN to the code; a text is a
//! name, of a value that stands for names. Messages name positions, never values.
#![deny(clippy::indexing_slicing, clippy::as_conversions, clippy::arithmetic_side_effects)]

mod selection;

pub use selection::Selection;

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    error::{ArtifactKind, Error, Result},
    graph::{Categories, ValueInfo},
};

/// The name of EZKL's flat form.
const EZKL: &str = "input_data";
/// What else EZKL writes beside it.
const EZKL_EXTRAS: [&str; 3] = ["input_shapes", "output_data", "output_shapes"];

/// A tensor as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// As many values as the shape says, the last axis running fastest.
    pub values: Vec<f64>,
}

impl Array {
    /// The rows of a data set, as [`read_rows`] gives them.
    ///
    /// # Errors
    /// `InputShape` where the shape is not the value_info's with a batch axis.
    pub fn into_rows(self, value_info: &ValueInfo) -> Result<Vec<Vec<f64>>> {
        split(self, value_info, false)
    }
}

/// Reads INPUT.json: the values of one input tensor, flat, in ONNX order. Its shape must be the value_info's; a leading
/// batch axis of 1 may be left out, and the values may come flat.
///
/// # Errors
/// `Artifact` for bytes that are no JSON object, `InputName` for other tensors than the value_info, `InputShape` for
/// another or a ragged shape, `InputValue` for something else than a number, or than a name that is taken where the
/// value stands for names, `null` or `NaN`.
pub fn read_input(bytes: &[u8], value_info: &ValueInfo) -> Result<Vec<f64>> {
    let object = parse(bytes)?;
    let (value, ezkl) = select(&object, value_info)?;
    let named = || flatten(value, value_info);
    let array = match value.as_array().map(Vec::as_slice) {
        Some([only]) if ezkl => match named() {
            Ok(array) if array.shape == value_info.shape => array,
            _ => flatten(only, value_info)?,
        },
        _ => named()?,
    };
    let flat = array.shape == [value_info.len()];
    if flat || array.shape == value_info.shape || unbatched(value_info).is_some_and(|shape| array.shape == shape) {
        return Ok(array.values);
    }
    Err(wrong_shape(value_info, &value_info.shape, &array.shape))
}

/// Reads DATA: rows of input values, each flat, in ONNX order. The value_info's batch axis, or one more in front,
/// counts rows.
///
/// # Errors
/// Those of [`read_input`].
pub fn read_rows(bytes: &[u8], value_info: &ValueInfo) -> Result<Vec<Vec<f64>>> {
    let object = parse(bytes)?;
    let (value, ezkl) = select(&object, value_info)?;
    split(flatten(value, value_info)?, value_info, ezkl)
}

fn parse(bytes: &[u8]) -> Result<Map<String, Value>> {
    let what = "expected a JSON object {\"input name\": nested array}";
    let numbers = without_nan(bytes);
    match serde_json::from_slice(&numbers) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::artifact(ArtifactKind::Data, what)),
        // Its own message may quote private values.
        Err(e) if e.is_data() => Err(Error::artifact(ArtifactKind::Data, what)),
        Err(e) => {
            let reason = format!("not JSON at line {}, column {}; {what}", e.line(), e.column());
            Err(Error::artifact(ArtifactKind::Data, reason))
        }
    }
}

/// The text with `NaN`, which is no JSON but what Python writes, outside of strings as `null`.
fn without_nan(bytes: &[u8]) -> Cow<'_, [u8]> {
    const NAN: &[u8] = b"NaN";
    if !bytes.windows(NAN.len()).any(|window| window == NAN) {
        return Cow::Borrowed(bytes);
    }
    let mut text = Vec::with_capacity(bytes.len());
    let (mut rest, mut quoted) = (bytes, false);
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'"' => quoted = !quoted,
            b'\\' if quoted => {
                text.push(*first);
                if let Some((escaped, after)) = rest.split_first() {
                    text.push(*escaped);
                    rest = after;
                }
                continue;
            }
            b'N' if !quoted => {
                if let Some(after) = rest.strip_prefix(b"aN") {
                    text.extend(b"null");
                    rest = after;
                    continue;
                }
            }
            _ => {}
        }
        text.push(*first);
    }
    Cow::Owned(text)
}

/// The value_info's tensor in the file, and whether it is in EZKL's form.
fn select<'a>(object: &'a Map<String, Value>, value_info: &ValueInfo) -> Result<(&'a Value, bool)> {
    let ezkl = object.contains_key(EZKL);
    let name = if ezkl && !object.contains_key(&value_info.name) { EZKL } else { value_info.name.as_str() };
    let known = |key: &str| key == name || (ezkl && EZKL_EXTRAS.contains(&key));
    let wrong = |got: &str| Error::InputName { expected: value_info.name.clone(), got: got.to_owned() };
    if let Some(extra) = object.keys().find(|key| !known(key)) {
        return Err(wrong(extra));
    }
    let value = object.get(name).ok_or_else(|| wrong("(none)"))?;
    Ok((value, name == EZKL))
}

/// Shape and values of a nested array.
fn flatten(value: &Value, value_info: &ValueInfo) -> Result<Array> {
    let mut shape = Vec::new();
    let mut first = value;
    while let Value::Array(items) = first {
        shape.push(items.len());
        let Some(item) = items.first() else { break };
        first = item;
    }
    let mut values = Vec::new();
    collect(value, &shape, value_info, &shape, &mut values)?;
    Ok(Array { shape, values })
}

/// Appends the numbers of `value`, which must have shape `rest`.
fn collect(
    value: &Value,
    rest: &[usize],
    value_info: &ValueInfo,
    shape: &[usize],
    values: &mut Vec<f64>,
) -> Result<()> {
    let ragged = || Error::InputShape {
        input: value_info.name.clone(),
        expected: format!("{:?}", value_info.shape),
        got: format!("{shape:?} at first, ragged at value {}", values.len()),
    };
    // A data set has the elements again and again.
    let categories = match value_info.categories.is_empty() {
        false => values.len().checked_rem(value_info.len()).and_then(|element| value_info.categories_of(element)),
        true => None,
    };
    let got = match (value, rest.split_first()) {
        (Value::Array(items), Some((len, rest))) => {
            if items.len() != *len {
                return Err(ragged());
            }
            return items.iter().try_for_each(|item| collect(item, rest, value_info, shape, values));
        }
        (Value::Array(_), None) | (Value::Number(_), Some(_)) => return Err(ragged()),
        (Value::Number(_), None) if categories.is_some() => "a number where a name is expected",
        (Value::Number(number), None) => {
            if let Some(number) = number.as_f64().filter(|number| number.is_finite()) {
                values.push(number);
                return Ok(());
            }
            "too large a number"
        }
        (Value::String(name), None) if let Some(categories) = categories => {
            if let Some(value) = categories.value(name).and_then(|value| u32::try_from(value).ok()) {
                values.push(value.into());
                return Ok(());
            }
            "a name that the model does not know"
        }
        (Value::Null, None) => {
            values.push(f64::NAN);
            return Ok(());
        }
        (Value::String(_), _) => "a string",
        (Value::Bool(_), _) => "a boolean",
        (Value::Null, _) => "null",
        (Value::Object(_), _) => "an object",
    };
    Err(Error::InputValue { input: value_info.name.clone(), index: values.len(), got: got.to_owned() })
}

/// Values of a tensor as JSON, flat: names of those that stand for names, `null` for missing ones.
pub fn to_json(values: &[f64], value_info: &ValueInfo) -> Value {
    let value = |(element, value): (usize, &f64)| match value_info.categories_of(element) {
        // Whatever else: a text that is no name, as the names come with the model.
        Some(categories) => value_info.name_of(element, *value).map_or_else(|| unknown(categories), Value::from),
        None => Value::from(*value),
    };
    Value::Array(values.iter().enumerate().map(value).collect())
}

/// A text that is none of some names.
fn unknown(categories: &Categories) -> Value {
    let mut text = "?".to_owned();
    while categories.names.contains(&text) {
        text.push('?');
    }
    Value::String(text)
}

/// The value_info's shape without its batch axis.
fn unbatched(value_info: &ValueInfo) -> Option<&[usize]> {
    value_info.shape.split_first().filter(|(batch, _)| **batch == 1).map(|(_, rest)| rest)
}

/// Cuts a tensor with a batch axis into rows.
fn split(array: Array, value_info: &ValueInfo, ezkl: bool) -> Result<Vec<Vec<f64>>> {
    let row = unbatched(value_info).unwrap_or(&value_info.shape);
    let len = value_info.len();
    let fits = array
        .shape
        .split_first()
        .is_some_and(|(_, rest)| rest == row || rest == value_info.shape || (ezkl && rest == [len]));
    if !fits || len == 0 {
        let expected: Vec<String> =
            std::iter::once("rows".to_owned()).chain(row.iter().map(usize::to_string)).collect();
        return Err(Error::InputShape {
            input: value_info.name.clone(),
            expected: format!("[{}]", expected.join(", ")),
            got: format!("{:?}", array.shape),
        });
    }
    Ok(array.values.chunks_exact(len).map(<[f64]>::to_vec).collect())
}

fn wrong_shape(value_info: &ValueInfo, expected: &[usize], got: &[usize]) -> Error {
    Error::InputShape { input: value_info.name.clone(), expected: format!("{expected:?}"), got: format!("{got:?}") }
}

#[cfg(test)]
mod tests;
