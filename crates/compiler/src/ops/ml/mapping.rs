//! Integers and strings for integers and strings: what LabelEncoder and CategoryMapper share.

use std::sync::Arc;

use super::super::{
    op::{Attrs, Id, OpError, OpResult, Rewriter, trees::Names},
    support::leaves::Steps,
};
use crate::tensor::DType;

/// Most keys.
const MAX_KEYS: usize = 4096;

/// A key or what stands for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Real(f64),
    Integer(f64),
    Text(String),
}

/// A value for each key, the first of equal ones, and one for all else.
#[derive(Debug)]
pub(super) struct Mapping {
    pub(super) keys: Vec<Value>,
    pub(super) values: Vec<Value>,
    pub(super) other: Value,
}

impl Mapping {
    /// Strings by their integers, which are their places where they are not given, or the other way round; takes the
    /// attributes of what stands for all else.
    pub(super) fn of_classes(attrs: &mut Attrs, from: DType, classes: Vec<String>, integers: Option<Vec<i64>>) -> Self {
        let text = attrs.text("default_string").unwrap_or_else(|| "_Unused".to_owned());
        let integer = attrs.int("default_int64").unwrap_or(-1);
        let places = || (0..classes.len()).map(|at| at as i64).collect();
        let integers = integers.unwrap_or_else(places).into_iter().map(|value| Value::Integer(value as f64)).collect();
        let texts = classes.into_iter().map(Value::Text).collect();
        match from {
            DType::Name => Self { keys: texts, values: integers, other: Value::Integer(integer as f64) },
            _ => Self { keys: integers, values: texts, other: Value::Text(text) },
        }
    }
}

/// What a mapping makes of each value of a tensor.
pub(super) fn mapped(to: &mut Rewriter<'_>, op: &'static str, x: Id, mapping: Mapping) -> OpResult<Vec<Id>> {
    let Mapping { keys, values, other } = mapping;
    if keys.is_empty() || keys.len() != values.len() || keys.len() > MAX_KEYS {
        let reason = format!("{} keys, {} values; 1 to {MAX_KEYS} are served", keys.len(), values.len());
        return Err(OpError::Graph(reason));
    }
    let shape = to.shape(x);
    let (keys, names) = numbers(to, x, &keys)?;
    let mut list: Vec<String> = vec![];
    let mut number = |value: &Value| match value {
        Value::Real(value) | Value::Integer(value) => *value,
        Value::Text(text) => {
            let known = list.iter().position(|known| known == text);
            known.unwrap_or_else(|| {
                list.push(text.clone());
                list.len() - 1
            }) as f64
        }
    };
    let mut pairs: Vec<(f64, Vec<f64>)> = vec![];
    for (key, value) in keys.into_iter().zip(&values) {
        let value = number(value);
        if let Some(key) = key
            && pairs.iter().all(|(known, _)| *known != key)
        {
            pairs.push((key, vec![value]));
        }
    }
    let default = number(&other);
    let range = pairs.iter().map(|(_, value)| value[0]).chain([default]);
    let (low, high) = range.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if !(low.is_finite() && high.is_finite()) {
        return Err(OpError::Graph("a value that is not a finite number".to_owned()));
    }
    let y = Steps::at(pairs, &[default], names).put(to, op, x)?;
    let y = to.reshape(y, &shape)?;
    Ok(vec![match other {
        Value::Real(_) => y,
        Value::Integer(_) => to.whole(y, low, high)?,
        Value::Text(_) => to.named(y, Arc::new(list))?,
    }])
}

/// The numbers of keys, `None` of a name that no value has, and the names where the graph's input has them.
fn numbers(to: &mut Rewriter<'_>, x: Id, keys: &[Value]) -> OpResult<(Vec<Option<f64>>, Option<Names>)> {
    if to.fact(x).dtype == DType::Name {
        let text = |key: &Value| match key {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(OpError::unsupported("keys that are no strings, of strings")),
        };
        let texts = keys.iter().map(text).collect::<OpResult<Vec<_>>>()?;
        let numbers = to.numbers(x, &texts)?;
        let known = numbers.iter().flatten().copied().collect();
        let names = to.names(x).is_none().then_some(Names { known, open: true });
        return Ok((numbers.into_iter().map(|number| number.map(f64::from)).collect(), names));
    }
    let whole = |key: &Value| match key {
        Value::Real(key) | Value::Integer(key) if key.fract() == 0.0 => Ok(Some(*key)),
        _ => Err(OpError::unsupported("keys that are no integers, of integers")),
    };
    if to.fact(x).dtype != DType::Int {
        return Err(OpError::unsupported("an input that is no integer"));
    }
    Ok((keys.iter().map(whole).collect::<OpResult<_>>()?, None))
}
