//! The inputs of an operator, and tensors of values computed from them.

use super::error::{OpError, OpResult};
use crate::tensor::{DType, Fact, Tensor};

/// What an operator sees of an input before evaluation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operand<'a> {
    /// Element kind and shape.
    pub(crate) fact: &'a Fact,
    /// The value, if it does not depend on the graph's inputs.
    pub(crate) constant: Option<&'a Tensor>,
}

impl<'a> Operand<'a> {
    /// The value of an operand that must be constant; `what` names it in the error.
    pub(in crate::ops) fn constant(self, what: &str) -> OpResult<&'a Tensor> {
        self.constant.ok_or_else(|| OpError::unsupported(format!("{what} must be a constant")))
    }

    /// Refuses integers and truth values.
    pub(in crate::ops) fn float(self) -> OpResult<Self> {
        match self.fact.dtype {
            DType::Float => Ok(self),
            DType::Name => Err(OpError::unsupported("takes real numbers only, no strings; encode them")),
            DType::Int | DType::Bool => Err(OpError::unsupported("takes real numbers only; insert a Cast to FLOAT")),
        }
    }
}

/// The inputs of a node; optional ones may be missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inputs<'a, T>(pub(crate) &'a [Option<T>]);

impl<T: Copy> Inputs<'_, T> {
    /// Input `index`, if given.
    pub(crate) fn optional(&self, index: usize) -> Option<T> {
        self.0.get(index).copied().flatten()
    }

    /// Input `index`.
    ///
    /// # Errors
    /// If it is missing.
    pub(crate) fn get(&self, index: usize) -> OpResult<T> {
        self.optional(index).ok_or_else(|| OpError::Graph(format!("input {index} is missing")))
    }
}

/// A tensor of values computed for a fact that was already accepted.
pub(in crate::ops) fn tensor(fact: Fact, data: Vec<f64>) -> OpResult<Tensor> {
    let shape = fact.shape.clone();
    let got = [data.len()];
    Tensor::new(fact, data).ok_or_else(|| OpError::shape(format!("{shape:?}"), &[&got]))
}

/// The same values in the same order under another shape.
pub(in crate::ops) fn reshaped(x: &Tensor, shape: Vec<usize>) -> OpResult<Vec<Tensor>> {
    Ok(vec![tensor(Fact { dtype: x.fact().dtype, shape }, x.data().to_vec())?])
}

/// `axis` counted from the end when negative; `limit` is the number of axes it may name.
pub(in crate::ops) fn axis(axis: i64, limit: usize) -> OpResult<usize> {
    let positive = if axis < 0 { i64::try_from(limit).ok().and_then(|n| n.checked_add(axis)) } else { Some(axis) };
    positive
        .and_then(|axis| usize::try_from(axis).ok())
        .filter(|axis| *axis < limit)
        .ok_or_else(|| OpError::Graph(format!("axis {axis} is out of range for {limit} axes")))
}

/// The integers of a constant list.
pub(in crate::ops) fn integers(tensor: &Tensor) -> Vec<i64> {
    tensor.data().iter().map(|value| *value as i64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_count_from_both_ends() {
        assert_eq!(axis(1, 2), Ok(1));
        assert_eq!(axis(-1, 2), Ok(1));
        for bad in [2, -3, i64::MIN, i64::MAX] {
            assert!(matches!(axis(bad, 2), Err(OpError::Graph(_))));
        }
    }
}
