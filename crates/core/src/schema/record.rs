//! Records as JSON, by a schema: values by their names, a list in the order of the fields, or a nested array under the
//! name of a network's input.

use serde_json::{Map, Value};

use super::{Field, Kind, MAX_ELEMENTS, Schema, Shape, record};
use crate::error::Result;

/// Deepest nesting of arrays.
const MAX_DEPTH: usize = 16;

impl Schema {
    /// The values of a record, one for each element of a network's input: a category's index, 0 or 1 for no or yes, NaN
    /// for a missing value, and the number that is meant where one is written with more decimals than the schema has.
    ///
    /// # Errors
    /// `Record` names the field, never its value.
    pub fn values(&self, document: &Value) -> Result<Vec<f64>> {
        let given = match (document, &self.shape) {
            (Value::Object(named), Shape::Fields(fields)) if !is_list(named) => by_name(fields, named)?,
            (Value::Object(named), _) if is_list(named) => self.flat(named.values().next().unwrap_or(document))?,
            (Value::Array(_), _) => self.flat(document)?,
            _ => return Err(record(&self.name, "expected values by name, or a list")),
        };
        let values: Result<Vec<f64>> = match &self.shape {
            Shape::Fields(fields) => fields.iter().zip(given).map(|(field, value)| field.value(value)).collect(),
            Shape::Image(_) | Shape::Vector(_) => {
                let number = |(at, value): (usize, &Value)| {
                    value.as_f64().ok_or_else(|| record(&format!("{}[{at}]", self.name), "expected a number"))
                };
                given.into_iter().enumerate().map(number).collect()
            }
        };
        self.meant(&values?)
    }

    /// What nested arrays of the record's own shape hold, in row-major order; also flat ones, and with axes of one in
    /// front.
    fn flat<'a>(&self, arrays: &'a Value) -> Result<Vec<&'a Value>> {
        let (mut shape, mut all) = (Vec::new(), vec![arrays]);
        while let Some(Value::Array(first)) = all.first() {
            let len = first.len();
            if shape.len() == MAX_DEPTH || len.saturating_mul(all.len()) > MAX_ELEMENTS {
                return Err(record(&self.name, format!("expected {} values", self.len())));
            }
            let items = |value: &'a Value| value.as_array().filter(|items| items.len() == len);
            let ragged = || record(&self.name, "arrays of one depth have different lengths");
            let inner: Result<Vec<&'a Vec<Value>>> =
                all.into_iter().map(|value| items(value).ok_or_else(ragged)).collect();
            all = inner?.into_iter().flatten().collect();
            shape.push(len);
        }
        let own = match &self.shape {
            Shape::Image(image) => vec![image.channels, image.height, image.width],
            Shape::Fields(_) | Shape::Vector(_) => vec![self.len()],
        };
        let bare = |shape: &[usize]| shape.iter().copied().skip_while(|len| *len == 1).collect::<Vec<_>>();
        if bare(&shape) == bare(&own) || shape == [self.len()] {
            return Ok(all);
        }
        Err(record(&self.name, format!("an array of shape {shape:?}, expected {own:?}")))
    }

    /// The values that the integers of these values stand for.
    ///
    /// # Errors
    /// As [`Schema::integers`].
    pub fn meant(&self, values: &[f64]) -> Result<Vec<f64>> {
        let integers = self.integers(values)?;
        Ok(match &self.shape {
            Shape::Fields(fields) => fields.iter().zip(integers).map(|(field, integer)| field.meant(integer)).collect(),
            Shape::Image(_) => integers.into_iter().map(|integer| integer as f64).collect(),
            Shape::Vector(vector) => integers.into_iter().map(|integer| vector.scaled().value(integer)).collect(),
        })
    }
}

impl Field {
    fn value(&self, value: &Value) -> Result<f64> {
        let expected = |what: &str| record(&self.name, format!("expected {what}"));
        if value.is_null() {
            return Ok(f64::NAN);
        }
        match (&self.kind, value) {
            (Kind::Integer(_) | Kind::Decimal(_), Value::Number(number)) => {
                number.as_f64().ok_or_else(|| expected("a number"))
            }
            (Kind::Integer(_) | Kind::Decimal(_), _) => Err(expected("a number")),
            (Kind::Category(names), Value::String(given)) => {
                let at = names.iter().position(|name| name == given);
                at.map(|at| at as f64).ok_or_else(|| expected("one of its names"))
            }
            (Kind::Category(_), _) => Err(expected("one of its names")),
            (Kind::Boolean, Value::Bool(given)) => Ok(f64::from(u8::from(*given))),
            (Kind::Boolean, _) => Err(expected("true or false")),
        }
    }

    /// The value that an integer stands for.
    pub(super) fn meant(&self, integer: u64) -> f64 {
        match &self.kind {
            _ if self.missing && integer == self.largest() => f64::NAN,
            Kind::Integer(scaled) | Kind::Decimal(scaled) => scaled.value(integer),
            Kind::Category(_) | Kind::Boolean => integer as f64,
        }
    }
}

/// Whether an object is a (nested) array under one name.
fn is_list(named: &Map<String, Value>) -> bool {
    named.len() == 1 && named.values().all(Value::is_array)
}

/// The values of fields, in their order; none more.
fn by_name<'a>(fields: &[Field], named: &'a Map<String, Value>) -> Result<Vec<&'a Value>> {
    if let Some(other) = named.keys().find(|name| fields.iter().all(|field| field.name != **name)) {
        return Err(record(other, "the schema has no such field"));
    }
    fields.iter().map(|field| named.get(&field.name).ok_or_else(|| record(&field.name, "needed"))).collect()
}
