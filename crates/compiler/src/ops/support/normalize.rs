//! What the normalizations share: rows with mean 0 and variance 1, scaled.

use hushproof_core::graph::Unary;

use crate::ops::op::{Id, OpResult, Rewriter};

/// The rows of a matrix with mean 0 and variance 1, and as columns their mean and the inverse of their deviation.
pub(in crate::ops) fn normalized(to: &mut Rewriter<'_>, rows: Id, epsilon: f64) -> OpResult<[Id; 3]> {
    let mean = to.reduce("ReduceMean", rows, &[1], true)?;
    let centered = to.op("Sub", &[rows, mean])?;
    let squares = to.table("Pow", Unary::Pow { exponent: 2.0 }, centered)?;
    let variance = to.reduce("ReduceMean", squares, &[1], true)?;
    let variance = to.affine(variance, 1.0, epsilon)?;
    let inverse = to.table("Sqrt", Unary::InverseSqrt, variance)?;
    Ok([to.op("Mul", &[centered, inverse])?, mean, inverse])
}

/// x · scale + bias.
pub(in crate::ops) fn scaled(
    to: &mut Rewriter<'_>,
    x: Id,
    scale: Id,
    bias: Option<Id>,
    shape: &[usize],
) -> OpResult<Id> {
    let scale = to.reshape(scale, shape)?;
    let y = to.op("Mul", &[x, scale])?;
    let Some(bias) = bias else { return Ok(y) };
    let bias = to.reshape(bias, shape)?;
    to.op("Add", &[y, bias])
}

/// Sizes of a value per channel, for a tensor of this shape.
pub(in crate::ops) fn per_channel(shape: &[usize]) -> Vec<usize> {
    shape.iter().enumerate().skip(1).map(|(axis, size)| if axis == 1 { *size } else { 1 }).collect()
}
