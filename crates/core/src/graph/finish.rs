//! What whoever reads the output applies to some of its values.

use serde::{Deserialize, Serialize};

use super::softmax;
use crate::{
    codec::{Reader, Writer},
    error::Result,
    float::sigmoid,
};

/// A function that the circuit leaves to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FinishFunction {
    /// Of all the values together.
    Softmax,
    /// Of each value.
    Sigmoid,
}

/// The function that the reader of the output applies to its values `start .. start + len`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finish {
    /// The function.
    pub function: FinishFunction,
    /// The first value.
    pub start: usize,
    /// Number of values, at least one.
    pub len: usize,
}

impl Finish {
    /// The softmax of all of `len` values.
    pub const fn softmax(len: usize) -> Self {
        Self { function: FinishFunction::Softmax, start: 0, len }
    }

    /// The sigmoid of each of `len` values.
    pub const fn sigmoid(len: usize) -> Self {
        Self { function: FinishFunction::Sigmoid, start: 0, len }
    }

    /// Whether these are some of `values` values.
    pub fn fits(self, values: usize) -> bool {
        self.len > 0 && self.start.checked_add(self.len).is_some_and(|end| end <= values)
    }

    /// Whether these are all of `values` values.
    pub const fn is_of_all(self, values: usize) -> bool {
        self.start == 0 && self.len == values
    }

    /// Puts the function of the values in their place, where there are such values.
    pub fn apply(self, values: &mut [f64]) {
        let Some(part) = values.get_mut(self.start..self.start.saturating_add(self.len)) else { return };
        match self.function {
            FinishFunction::Softmax => softmax(part),
            FinishFunction::Sigmoid => part.iter_mut().for_each(|value| *value = sigmoid(*value)),
        }
    }

    /// Writes what the reader of `values` values applies: 0 for nothing, 1 and 2 for the softmax of all and of some, 3
    /// and 4 for the sigmoid; then which, where they are some.
    pub(crate) fn write(finish: Option<Self>, values: usize, w: &mut Writer) {
        let Some(finish) = finish else { return w.u8(0) };
        let some = !finish.is_of_all(values);
        let function = match finish.function {
            FinishFunction::Softmax => 1,
            FinishFunction::Sigmoid => 3,
        };
        w.u8(function + u8::from(some));
        if some {
            w.size(finish.start);
            w.size(finish.len);
        }
    }

    /// Reads what [`Self::write`] writes.
    ///
    /// # Errors
    /// `Artifact` for anything else.
    pub(crate) fn read(r: &mut Reader<'_>, values: usize) -> Result<Option<Self>> {
        let (function, some) = match r.u8()? {
            0 => return Ok(None),
            kind @ 1..=2 => (FinishFunction::Softmax, kind == 2),
            kind @ 3..=4 => (FinishFunction::Sigmoid, kind == 4),
            other => return Err(r.error(format!("unknown function of the output {other}"))),
        };
        let finish = if some {
            Self { function, start: r.size()?, len: r.size()? }
        } else {
            Self { function, start: 0, len: values }
        };
        if finish.fits(values) && some != finish.is_of_all(values) {
            return Ok(Some(finish));
        }
        Err(r.error("a function of values that are no part of the output"))
    }
}

#[cfg(test)]
mod tests;
