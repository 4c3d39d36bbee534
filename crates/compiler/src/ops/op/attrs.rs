//! Attributes of a node, each taken once by the operator; what is left over is an error.

use std::collections::BTreeMap;

use super::error::{OpError, OpResult};
use crate::tensor::Tensor;

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Attr {
    /// INT.
    Int(i64),
    /// FLOAT.
    Float(f64),
    /// INTS.
    Ints(Vec<i64>),
    /// FLOATS.
    Floats(Vec<f64>),
    /// STRING.
    Text(String),
    /// STRINGS.
    Texts(Vec<String>),
    /// TENSOR.
    Tensor(Tensor),
    /// Any other type; no operator takes it.
    Other,
}

/// The attributes of one node. Getters note what is wrong, and [`Self::finish`] reports all of it.
#[derive(Debug)]
pub(crate) struct Attrs {
    opset: i64,
    values: BTreeMap<String, Attr>,
    problems: Vec<String>,
}

macro_rules! getter {
    ($(#[$doc:meta])* $name:ident, $variant:ident, $type:ty) => {
        $(#[$doc])*
        pub(crate) fn $name(&mut self, name: &str) -> Option<$type> {
            match self.values.remove(name)? {
                Attr::$variant(value) => Some(value),
                _ => {
                    self.reject(format!(concat!("attribute `{}` is no ", stringify!($variant)), name));
                    None
                }
            }
        }
    };
}

impl Attrs {
    /// The attributes of a node in a model of this operator set version.
    pub(crate) const fn new(opset: i64, values: BTreeMap<String, Attr>) -> Self {
        Self { opset, values, problems: vec![] }
    }

    /// Version of the default operator set.
    pub(crate) const fn opset(&self) -> i64 {
        self.opset
    }

    /// The same attributes as of another version.
    pub(crate) fn at(self, opset: i64) -> Self {
        Self { opset, ..self }
    }

    getter!(
        /// Takes an integer.
        int, Int, i64
    );
    getter!(
        /// Takes a list of integers.
        ints, Ints, Vec<i64>
    );
    getter!(
        /// Takes a list of real numbers.
        floats, Floats, Vec<f64>
    );
    getter!(
        /// Takes a string.
        text, Text, String
    );
    getter!(
        /// Takes a list of strings.
        texts, Texts, Vec<String>
    );
    getter!(
        /// Takes a tensor.
        tensor, Tensor, Tensor
    );
    getter!(
        /// Takes a real number; it may be infinite or NaN.
        any_float, Float, f64
    );

    /// Takes a finite real number.
    pub(crate) fn float(&mut self, name: &str, default: f64) -> f64 {
        let value = self.any_float(name).unwrap_or(default);
        if !value.is_finite() {
            self.reject(format!("attribute `{name}` is {value}, expected a finite number"));
        }
        value
    }

    /// Takes a truth value, given as 0 or 1.
    pub(crate) fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.int(name) {
            None => default,
            Some(value @ (0 | 1)) => value == 1,
            Some(value) => {
                self.reject(format!("attribute `{name}` is {value}, expected 0 or 1"));
                default
            }
        }
    }

    /// Whether an attribute is a list of strings.
    pub(crate) fn has_texts(&self, name: &str) -> bool {
        matches!(self.values.get(name), Some(Attr::Texts(_)))
    }

    /// Takes an attribute without effect on inference.
    pub(crate) fn ignore(&mut self, name: &str) {
        self.values.remove(name);
    }

    /// Gives an attribute a value.
    pub(crate) fn set(&mut self, name: &str, value: Attr) {
        self.values.insert(name.to_owned(), value);
    }

    /// Whether an attribute is given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Notes that this form of the operator is unsupported.
    pub(crate) fn reject(&mut self, reason: impl Into<String>) {
        self.problems.push(reason.into());
    }

    /// # Errors
    /// Everything noted, and every attribute that was not taken.
    pub(crate) fn finish(mut self) -> OpResult<()> {
        self.problems.extend(self.values.keys().map(|name| format!("attribute `{name}`")));
        if self.problems.is_empty() { Ok(()) } else { Err(OpError::Unsupported(self.problems)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attrs(values: &[(&str, Attr)]) -> Attrs {
        Attrs::new(17, values.iter().map(|(name, value)| (name.to_string(), value.clone())).collect())
    }

    #[test]
    fn taken_attributes_are_accepted() {
        let mut attrs = attrs(&[("i", Attr::Int(1)), ("f", Attr::Float(0.5)), ("seed", Attr::Other)]);
        assert!(attrs.flag("i", false));
        assert_eq!(attrs.float("f", 1.0), 0.5);
        assert_eq!(attrs.float("g", 1.0), 1.0);
        attrs.ignore("seed");
        assert_eq!(attrs.finish(), Ok(()));
    }

    #[test]
    fn everything_wrong_is_reported_at_once() {
        let mut attrs =
            attrs(&[("a", Attr::Float(f64::NAN)), ("b", Attr::Int(2)), ("c", Attr::Ints(vec![])), ("d", Attr::Int(0))]);
        attrs.float("a", 1.0);
        attrs.flag("b", false);
        attrs.int("c");
        assert!(matches!(attrs.finish(), Err(OpError::Unsupported(list)) if list.len() == 4));
    }
}
