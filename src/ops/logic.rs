//! Truth values: [Not](https://onnx.ai/onnx/operators/onnx__Not.html), [And](https://onnx.ai/onnx/operators/onnx__And.html),
//! [Or](https://onnx.ai/onnx/operators/onnx__Or.html), [Xor](https://onnx.ai/onnx/operators/onnx__Xor.html),
//! [Equal](https://onnx.ai/onnx/operators/onnx__Equal.html) and [Where](https://onnx.ai/onnx/operators/onnx__Where.html).
//!
//! Not is affine, And, Or, Xor and Equal are tables of one sum or difference: exact as long as the values are.

use super::{
    Id, OpError, OpResult, RewriteDef, Rewriter,
    activations::{only, without_attributes},
};
use crate::{
    graph::planar::Unary,
    tensor::{DType, broadcast, broadcast_indices},
};

/// 1 − x.
pub(super) const NOT: RewriteDef = RewriteDef {
    onnx: "Not",
    opsets: 7..=21,
    inputs: 1..=1,
    summary: "1 − x of a truth value",
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let y = to.affine(only(inputs)?, -1.0, 1.0)?;
        Ok(vec![to.relabel(y, DType::Bool)?])
    },
};

/// The sum of two truth values, plus a number.
fn sum(to: &mut Rewriter<'_>, (a, b): (Id, Id), shift: f64) -> OpResult<Id> {
    let (a, b) = (to.float(a)?, to.float(b)?);
    let sum = to.op("Add", &[a, b])?;
    to.affine(sum, 1.0, shift)
}

/// Whether the sum is 2.
pub(super) const AND: RewriteDef = RewriteDef {
    onnx: "And",
    opsets: 7..=21,
    inputs: 2..=2,
    summary: "whether both hold",
    rewrite: |attrs, inputs, to| {
        let pair = without_attributes(attrs, inputs)?;
        let sum = sum(to, pair, -1.5)?;
        Ok(vec![to.holds("And", Unary::Positive, sum)?])
    },
};

/// Whether the sum is not 0.
pub(super) const OR: RewriteDef = RewriteDef {
    onnx: "Or",
    opsets: 7..=21,
    inputs: 2..=2,
    summary: "whether one holds",
    rewrite: |attrs, inputs, to| {
        let pair = without_attributes(attrs, inputs)?;
        let sum = sum(to, pair, -0.5)?;
        Ok(vec![to.holds("Or", Unary::Positive, sum)?])
    },
};

/// Whether the sum is 1.
pub(super) const XOR: RewriteDef = RewriteDef {
    onnx: "Xor",
    opsets: 7..=21,
    inputs: 2..=2,
    summary: "whether exactly one holds",
    rewrite: |attrs, inputs, to| {
        let pair = without_attributes(attrs, inputs)?;
        let sum = sum(to, pair, -1.0)?;
        Ok(vec![to.holds("Xor", Unary::Zero, sum)?])
    },
};

/// Whether the difference is 0.
pub(super) const EQUAL: RewriteDef = RewriteDef {
    onnx: "Equal",
    opsets: 7..=21,
    inputs: 2..=2,
    summary: "whether integers or truth values are equal",
    rewrite: |attrs, inputs, to| {
        let (a, b) = without_attributes(attrs, inputs)?;
        if [a, b].iter().any(|x| to.fact(*x).dtype == DType::Float && to.value(*x).is_none()) {
            // Rounded real numbers are not equal in any useful sense, unless they are integers by another name.
            let integers =
                [a, b].iter().all(|x| to.value(*x).is_none_or(|x| x.data().iter().all(|x| x.fract() == 0.0)));
            if !integers {
                return Err(OpError::unsupported("real numbers; compare integers, or use a tolerance"));
            }
        }
        let (a, b) = (to.float(a)?, to.float(b)?);
        let difference = to.op("Sub", &[a, b])?;
        Ok(vec![to.holds("Equal", Unary::Zero, difference)?])
    },
};

/// a where the condition holds, else b: b + c · (a − b), or a choice where the condition is constant.
pub(super) const WHERE: RewriteDef = RewriteDef {
    onnx: "Where",
    opsets: 9..=21,
    inputs: 3..=3,
    summary: "a where the condition holds, else b",
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let get = |index| super::Inputs(inputs).get(index);
        let (condition, a, b) = (get(0)?, get(1)?, get(2)?);
        let dtype = to.fact(a).dtype;
        let misfit = || OpError::Graph("shapes that do not broadcast to one another".into());
        let shape = broadcast(&to.shape(condition), &to.shape(a)).ok_or_else(misfit)?;
        let shape = broadcast(&shape, &to.shape(b)).ok_or_else(misfit)?;
        if let Some(mask) = to.value(condition) {
            let mask: Vec<bool> =
                broadcast_indices(mask.shape(), &shape).into_iter().map(|i| mask.data()[i] != 0.0).collect();
            let chosen = |x: Id, holds: bool, to: &mut Rewriter<'_>| {
                let sources = broadcast_indices(&to.shape(x), &shape).into_iter().zip(&mask);
                let sources = sources.map(|(i, mask)| (*mask == holds).then_some(i as u32)).collect();
                to.select(x, shape.clone(), sources, 0.0)
            };
            if mask.iter().all(|mask| *mask) {
                return Ok(vec![chosen(a, true, to)?]);
            }
            if mask.iter().all(|mask| !*mask) {
                return Ok(vec![chosen(b, false, to)?]);
            }
            let (a, b) = (chosen(a, true, to)?, chosen(b, false, to)?);
            let (a, b) = (to.float(a)?, to.float(b)?);
            let y = to.op("Add", &[a, b])?;
            return Ok(vec![to.relabel(y, dtype)?]);
        }
        let (c, a, b) = (to.float(condition)?, to.float(a)?, to.float(b)?);
        let difference = to.op("Sub", &[a, b])?;
        let product = to.op("Mul", &[c, difference])?;
        let y = to.op("Add", &[product, b])?;
        Ok(vec![to.relabel(y, dtype)?])
    },
};
