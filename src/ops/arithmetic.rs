//! Arithmetic that stands for other operators: [Pow](https://onnx.ai/onnx/operators/onnx__Pow.html),
//! [Min](https://onnx.ai/onnx/operators/onnx__Min.html), [Max](https://onnx.ai/onnx/operators/onnx__Max.html),
//! [Mean](https://onnx.ai/onnx/operators/onnx__Mean.html) and [Mod](https://onnx.ai/onnx/operators/onnx__Mod.html).

use super::{
    Id, OpError, OpResult, RewriteDef, Rewriter,
    activations::{fold, only, without_attributes},
};
use crate::{float, graph::planar::Unary, tensor::DType};

/// a to the power b. A constant scalar power is a table; of a private power the base must be a positive constant: e^(b · ln a).
pub(super) const POW: RewriteDef = RewriteDef {
    onnx: "Pow",
    opsets: 7..=21,
    inputs: 2..=2,
    summary: "a to the power b; either a constant, one number if it is the power",
    rewrite: |attrs, inputs, to| {
        let (a, b) = without_attributes(attrs, inputs)?;
        let dtype = to.fact(a).dtype;
        if let Some(power) = to.value(b) {
            let exponent = match power.data() {
                [first, rest @ ..] if rest.iter().all(|power| power == first) => *first,
                _ => return Err(OpError::unsupported("a power that is not one number")),
            };
            let shape = to.shape(b);
            let y = if exponent == 1.0 { to.float(a)? } else { to.table("Pow", Unary::Pow { exponent }, a)? };
            // The power's shape may enlarge the result.
            let y = if shape.is_empty() {
                y
            } else {
                let ones = to.floats(&shape, vec![1.0; shape.iter().product()])?;
                to.op("Mul", &[y, ones])?
            };
            let whole = exponent >= 0.0 && exponent.fract() == 0.0 && dtype == DType::Int;
            return Ok(vec![if whole { to.relabel(y, DType::Int)? } else { y }]);
        }
        let base = to.value(a).ok_or_else(|| OpError::unsupported("a private base and a private power"))?;
        if base.data().iter().any(|base| *base <= 0.0) {
            return Err(OpError::unsupported("a private power of a number that is not positive"));
        }
        let (shape, logs) = (base.shape().to_vec(), base.data().iter().map(|base| float::ln(*base)).collect());
        let logs = to.floats(&shape, logs)?;
        let b = to.float(b)?;
        let y = to.op("Mul", &[b, logs])?;
        Ok(vec![to.table("Exp", Unary::Exp, y)?])
    },
};

/// The larger of each pair of values: a + relu(b − a).
pub(super) fn larger(to: &mut Rewriter<'_>, a: Id, b: Id) -> OpResult<Id> {
    extreme(to, a, b, "Add", |a, b| [b, a])
}

/// The smaller of each pair of values: a − relu(a − b).
pub(super) fn smaller(to: &mut Rewriter<'_>, a: Id, b: Id) -> OpResult<Id> {
    extreme(to, a, b, "Sub", |a, b| [a, b])
}

/// One of the values, moved by what the other is beyond it; the private one, if the other is constant.
fn extreme(to: &mut Rewriter<'_>, a: Id, b: Id, join: &'static str, beyond: fn(Id, Id) -> [Id; 2]) -> OpResult<Id> {
    let dtype = to.fact(a).dtype;
    let (a, b) = (to.float(a)?, to.float(b)?);
    let (a, b) = if to.value(a).is_some() { (b, a) } else { (a, b) };
    let difference = to.op("Sub", &beyond(a, b))?;
    let more = to.op("Relu", &[difference])?;
    let y = to.op(join, &[a, more])?;
    to.relabel(y, dtype)
}

/// The largest value.
pub(super) const MAX: RewriteDef = RewriteDef {
    onnx: "Max",
    opsets: 8..=21,
    inputs: 1..=64,
    summary: "largest of all operands with broadcasting",
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        fold(inputs, to, larger)
    },
};

/// The smallest value.
pub(super) const MIN: RewriteDef = RewriteDef {
    onnx: "Min",
    opsets: 8..=21,
    inputs: 1..=64,
    summary: "least of all operands with broadcasting",
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        fold(inputs, to, smaller)
    },
};

/// The mean.
pub(super) const MEAN: RewriteDef = RewriteDef {
    onnx: "Mean",
    opsets: 8..=21,
    inputs: 1..=64,
    summary: "mean of all operands with broadcasting",
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        only(inputs)?;
        let sum = to.all("Sum", &[], inputs)?;
        sum.into_iter().map(|sum| to.affine(sum, (inputs.len() as f64).recip(), 0.0)).collect()
    },
};

/// a − b · floor(a / b), or with `fmod` a − b · trunc(a / b).
pub(super) const MOD: RewriteDef = RewriteDef {
    onnx: "Mod",
    opsets: 10..=21,
    inputs: 2..=2,
    summary: "remainder by a constant",
    rewrite: |mut attrs, inputs, to| {
        let function = if attrs.flag("fmod", false) { Unary::Truncate } else { Unary::Floor };
        let (a, b) = without_attributes(attrs, inputs)?;
        let dtype = to.fact(a).dtype;
        let (a, b) = (to.float(a)?, to.float(b)?);
        let mut quotient = to.op("Div", &[a, b])?;
        if dtype == DType::Int {
            // Quotients of integers are off their steps, whatever rounds them.
            let half = to.value(b).map_or(0.0, |b| 0.25 / b.data().iter().fold(1.0, |most: f64, b| most.max(b.abs())));
            quotient = to.affine(quotient, 1.0, half)?;
        }
        let whole = to.table("Floor", function, quotient)?;
        let product = to.op("Mul", &[whole, b])?;
        let y = to.op("Sub", &[a, product])?;
        Ok(vec![to.relabel(y, dtype)?])
    },
};
