//! What operators on a row of features share.

use super::super::op::{Id, Inputs, OpError, OpResult, Rewriter};
use crate::tensor::DType;

/// The only input: a row of numbers, as `[1, features]`.
pub(super) fn row(to: &mut Rewriter<'_>, inputs: &[Option<Id>]) -> OpResult<Id> {
    let x = Inputs(inputs).get(0)?;
    let shape = to.shape(x);
    match shape[..] {
        [1, _] => to.float(x),
        [features] => {
            let x = to.float(x)?;
            to.reshape(x, &[1, features])
        }
        _ => Err(OpError::shape("[1, features]", &[&shape])),
    }
}

/// Whether each value is above 0, or not below where `strict` is not set, as real numbers.
pub(super) fn is_positive(to: &mut Rewriter<'_>, x: Id, strict: bool) -> OpResult<Id> {
    let bits = to.compares(x, strict)?;
    to.float(bits)
}

/// One value for each feature, where one stands for all.
pub(super) fn per_feature(values: Vec<f64>, features: usize, what: &str) -> OpResult<Vec<f64>> {
    match values.len() {
        1 => Ok(vec![values[0]; features]),
        n if n == features => Ok(values),
        n => Err(OpError::Graph(format!("{n} values of `{what}` for {features} features"))),
    }
}

/// A matrix of integers by another name, between the least and the largest of `values`.
pub(super) fn integer(to: &mut Rewriter<'_>, x: Id, values: &[f64]) -> OpResult<Id> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if to.fact(x).dtype == DType::Int { Ok(x) } else { to.whole(x, low, high) }
}
