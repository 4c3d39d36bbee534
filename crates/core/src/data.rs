//! Input values and data sets: INPUT.json and DATA.
//!
//! One tensor comes as `{"name": nested array}` or in EZKL's form `{"input_data": [[…]]}`, the parts of a joined one as
//! `{"a": …, "b": …}`, a data set as the same with a leading batch axis, or as a list of such objects. `null`, or `NaN`
//! as Python writes it, is a missing value, which is NaN to the code; a text is a name, of a value that stands for names.
//! Messages name positions, never values.
#![deny(clippy::indexing_slicing, clippy::as_conversions, clippy::arithmetic_side_effects)]

mod selection;

pub use selection::Selection;

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    error::{ArtifactKind, Error, Result},
    graph::{Categories, Part, ValueInfo},
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
        split(self, value_info, Form::Named)
    }
}

/// Reads INPUT.json: the values of one input tensor, flat, in ONNX order. Its shape must be the value_info's; a leading
/// batch axis of 1 may be left out, and the values may come flat. The parts of a joined tensor may come by their own
/// names, each in its own shape.
///
/// # Errors
/// `Artifact` for bytes that are no JSON object, `InputName` for other tensors than the value_info, `InputShape` for
/// another or a ragged shape, `InputValue` for something else than a number, or than a name that is taken where the
/// value stands for names, `null` or `NaN`.
pub fn read_input(bytes: &[u8], value_info: &ValueInfo) -> Result<Vec<f64>> {
    let document = parse(bytes)?;
    row(document.as_object().ok_or_else(no_object)?, value_info)
}

/// Reads DATA: rows of input values, each flat, in ONNX order. The value_info's batch axis, or one more in front,
/// counts rows. The parts of a joined tensor may come by their own names, with as many rows each, or without a batch
/// axis as one row. A list of objects is a list of rows as [`read_input`] takes them.
///
/// # Errors
/// Those of [`read_input`].
pub fn read_rows(bytes: &[u8], value_info: &ValueInfo) -> Result<Vec<Vec<f64>>> {
    let document = parse(bytes)?;
    if let Some(items) = document.as_array().filter(|items| !items.is_empty()) {
        return items.iter().map(|item| row(item.as_object().ok_or_else(no_object)?, value_info)).collect();
    }
    match select(document.as_object().ok_or_else(no_object)?, value_info)? {
        Given::Whole(value) => split(flatten(value, value_info)?, value_info, Form::Named),
        Given::Ezkl(value) => split(flatten(value, value_info)?, value_info, Form::Ezkl),
        Given::Parts(values) => {
            let part = |(value, part): (&Value, ValueInfo)| split(flatten(value, &part)?, &part, Form::Part);
            join_rows(values.into_iter().zip(parts(value_info)).map(part).collect::<Result<_>>()?, value_info)
        }
    }
}

/// The shapes of the arrays in INPUT.json or DATA, by name; of a list of objects those of the first, with one more axis
/// in front. Nothing of bytes that are neither, and no more is known of ragged arrays.
pub fn shapes(bytes: &[u8]) -> Vec<(String, Vec<usize>)> {
    let shapes = |object: &Map<String, Value>, rows: Option<usize>| {
        let shape = |value| rows.into_iter().chain(first_shape(value)).collect();
        object.iter().map(|(name, value)| (name.clone(), shape(value))).collect()
    };
    match parse(bytes) {
        Ok(Value::Object(object)) => shapes(&object, None),
        Ok(Value::Array(items)) => {
            items.first().and_then(Value::as_object).map(|first| shapes(first, Some(items.len()))).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// The parts of a joined tensor.
pub fn parts(value_info: &ValueInfo) -> Vec<ValueInfo> {
    let mut start = 0usize;
    let part = |part: &Part| {
        let mut info = ValueInfo::from(part.clone());
        let range = start..start.saturating_add(info.len());
        start = range.end;
        let names = value_info.categories.iter().filter(|categories| range.contains(&categories.element));
        let moved = |of: &Categories| Categories { element: of.element.saturating_sub(range.start), ..of.clone() };
        info.categories = names.map(moved).collect();
        info
    };
    value_info.parts.iter().map(part).collect()
}

/// The rows of a joined tensor from those of its parts.
///
/// # Errors
/// `InputShape` where parts have different numbers of rows.
pub fn join_rows(parts: Vec<Vec<Vec<f64>>>, value_info: &ValueInfo) -> Result<Vec<Vec<f64>>> {
    let mut parts = parts.into_iter().zip(&value_info.parts);
    let Some((mut joined, first)) = parts.next() else { return Ok(Vec::new()) };
    for (rows, part) in parts {
        if rows.len() != joined.len() {
            return Err(Error::InputShape {
                input: part.name.clone(),
                expected: format!("as many rows as `{}`, {}", first.name, joined.len()),
                got: format!("of {} rows", rows.len()),
            });
        }
        joined.iter_mut().zip(rows).for_each(|(joined, row)| joined.extend(row));
    }
    Ok(joined)
}

/// What there is at most in front of a JSON document.
const MARK: &[u8] = "\u{feff}".as_bytes();
const WHAT: &str = "expected a JSON object {\"input name\": nested array}";

fn no_object() -> Error {
    Error::artifact(ArtifactKind::Data, WHAT)
}

fn parse(bytes: &[u8]) -> Result<Value> {
    match serde_json::from_slice(&without_nan(bytes.strip_prefix(MARK).unwrap_or(bytes))) {
        Ok(value) => Ok(value),
        // Its own message may quote private values.
        Err(e) if e.is_data() => Err(no_object()),
        Err(e) => {
            let reason = format!("not JSON at line {}, column {}; {WHAT}", e.line(), e.column());
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

/// The values of one row.
fn row(object: &Map<String, Value>, value_info: &ValueInfo) -> Result<Vec<f64>> {
    match select(object, value_info)? {
        Given::Whole(value) => whole(flatten(value, value_info)?, value_info),
        Given::Ezkl(value) => {
            let named = || flatten(value, value_info);
            match value.as_array().map(Vec::as_slice) {
                Some([only]) => match named() {
                    Ok(array) if array.shape == value_info.shape => Ok(array.values),
                    _ => whole(flatten(only, value_info)?, value_info),
                },
                _ => whole(named()?, value_info),
            }
        }
        Given::Parts(values) => {
            let part = |(value, part): (&Value, ValueInfo)| whole(flatten(value, &part)?, &part);
            Ok(values.into_iter().zip(parts(value_info)).map(part).collect::<Result<Vec<_>>>()?.concat())
        }
    }
}

/// The values of a tensor in its shape, without its batch axis, or flat.
fn whole(array: Array, value_info: &ValueInfo) -> Result<Vec<f64>> {
    let flat = array.shape == [value_info.len()] || (array.shape.is_empty() && value_info.len() == 1);
    if flat || array.shape == value_info.shape || unbatched(value_info).is_some_and(|shape| array.shape == shape) {
        return Ok(array.values);
    }
    Err(wrong_shape(value_info, &value_info.shape, &array.shape))
}

/// The tensors of an object.
enum Given<'a> {
    /// The whole one.
    Whole(&'a Value),
    /// The whole one in EZKL's form.
    Ezkl(&'a Value),
    /// The parts of a joined one, in its order.
    Parts(Vec<&'a Value>),
}

/// The value_info's tensor in the file.
fn select<'a>(object: &'a Map<String, Value>, value_info: &ValueInfo) -> Result<Given<'a>> {
    let ValueInfo { name, parts, .. } = value_info;
    let names = parts.iter().map(|part| part.name.as_str());
    let wrong = |got: &str| Error::InputName { expected: expected(value_info), got: got.to_owned() };
    // A part may have EZKL's name.
    let by_parts = !object.contains_key(name) && object.keys().any(|key| names.clone().any(|name| name == key));
    if by_parts {
        if let Some(extra) = object.keys().find(|key| !names.clone().any(|name| name == *key)) {
            return Err(wrong(extra));
        }
        let missing = |name: &str| Error::InputName { expected: expected(value_info), got: format!("(no {name})") };
        return Ok(Given::Parts(
            names.map(|name| object.get(name).ok_or_else(|| missing(name))).collect::<Result<_>>()?,
        ));
    }
    let ezkl = object.contains_key(EZKL);
    let key = if ezkl && !object.contains_key(name) { EZKL } else { name.as_str() };
    let known = |other: &str| other == key || (ezkl && EZKL_EXTRAS.contains(&other));
    if let Some(extra) = object.keys().find(|key| !known(key)) {
        return Err(wrong(extra));
    }
    let value = object.get(key).ok_or_else(|| wrong("(none)"))?;
    Ok(if key == EZKL { Given::Ezkl(value) } else { Given::Whole(value) })
}

/// The names that a file may have.
pub fn expected(ValueInfo { name, parts, .. }: &ValueInfo) -> String {
    if parts.is_empty() {
        return name.clone();
    }
    let names: Vec<_> = parts.iter().map(|part| part.name.as_str()).collect();
    format!("{}, or all as {name}", names.join(", "))
}

/// The lengths of a nested array, by the first item of each axis.
fn first_shape(value: &Value) -> Vec<usize> {
    let mut shape = Vec::new();
    let mut first = value;
    while let Value::Array(items) = first {
        shape.push(items.len());
        let Some(item) = items.first() else { break };
        first = item;
    }
    shape
}

/// Shape and values of a nested array.
fn flatten(value: &Value, value_info: &ValueInfo) -> Result<Array> {
    let shape = first_shape(value);
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

/// How a tensor is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// By its name, with a batch axis.
    Named,
    /// Flat, with a batch axis.
    Ezkl,
    /// By its name, the batch axis left out where there is one row.
    Part,
}

/// Cuts a tensor with a batch axis into rows.
fn split(array: Array, value_info: &ValueInfo, form: Form) -> Result<Vec<Vec<f64>>> {
    let row = unbatched(value_info).unwrap_or(&value_info.shape);
    let len = value_info.len();
    // One number a row needs no axis of its own.
    let is_row = |shape: &[usize]| {
        shape == row
            || shape == value_info.shape
            || (form == Form::Ezkl && shape == [len])
            || (len == 1 && shape.is_empty())
    };
    let rows = array.shape.split_first().is_some_and(|(_, rest)| is_row(rest));
    let one = array.shape == row || (len == 1 && array.shape.is_empty());
    let fits = rows || (form == Form::Part && one);
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
