//! Normalizations: [InstanceNormalization](https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html),
//! [LayerNormalization](https://onnx.ai/onnx/operators/onnx__LayerNormalization.html),
//! [GroupNormalization](https://onnx.ai/onnx/operators/onnx__GroupNormalization.html) and
//! [LpNormalization](https://onnx.ai/onnx/operators/onnx__LpNormalization.html).
//!
//! (x − mean) / √(mean of squares + epsilon) · scale + bias, by a table of squares, a mean, a table of 1 / √x and a product,
//! each rounded once.

use super::{
    Id, Inputs, OpError, OpResult, RewriteDef, Rewriter,
    activations::{only, pair},
    axis,
    softmax::last,
};
use crate::graph::planar::Unary;

/// The rows of a matrix with mean 0 and variance 1.
fn normalized(to: &mut Rewriter<'_>, rows: Id, epsilon: f64) -> OpResult<Id> {
    let mean = to.reduce("ReduceMean", rows, &[1], true)?;
    let centered = to.op("Sub", &[rows, mean])?;
    let squares = to.table("Pow", Unary::Pow { exponent: 2.0 }, centered)?;
    let variance = to.reduce("ReduceMean", squares, &[1], true)?;
    let variance = to.affine(variance, 1.0, epsilon)?;
    let inverse = to.table("Sqrt", Unary::InverseSqrt, variance)?;
    to.op("Mul", &[centered, inverse])
}

/// x · scale + bias.
fn scaled(to: &mut Rewriter<'_>, x: Id, scale: Id, bias: Option<Id>, shape: &[usize]) -> OpResult<Id> {
    let scale = to.reshape(scale, shape)?;
    let y = to.op("Mul", &[x, scale])?;
    let Some(bias) = bias else { return Ok(y) };
    let bias = to.reshape(bias, shape)?;
    to.op("Add", &[y, bias])
}

/// Sizes of a value per channel, for a tensor of this shape.
fn per_channel(shape: &[usize]) -> Vec<usize> {
    shape.iter().enumerate().skip(1).map(|(axis, size)| if axis == 1 { *size } else { 1 }).collect()
}

/// Each channel of each instance.
pub(super) const INSTANCE: RewriteDef = RewriteDef {
    onnx: "InstanceNormalization",
    opsets: 7..=21,
    inputs: 3..=3,
    summary: "each channel to mean 0 and variance 1, scaled",
    rewrite: |mut attrs, inputs, to| {
        let epsilon = attrs.float("epsilon", 1e-5);
        attrs.finish()?;
        let (x, scale) = pair(inputs)?;
        let shape = to.shape(x);
        let [n, c, rest @ ..] = &shape[..] else { return Err(OpError::shape("batch × channels × …", &[&shape])) };
        let rows = to.reshape(x, &[n * c, rest.iter().product()])?;
        let y = normalized(to, rows, epsilon)?;
        let y = to.reshape(y, &shape)?;
        Ok(vec![scaled(to, y, scale, Inputs(inputs).optional(2), &per_channel(&shape))?])
    },
};

/// All values from an axis on.
pub(super) const LAYER: RewriteDef = RewriteDef {
    onnx: "LayerNormalization",
    opsets: 17..=21,
    inputs: 2..=3,
    summary: "all values from an axis on to mean 0 and variance 1, scaled",
    rewrite: |mut attrs, inputs, to| {
        let (name, epsilon) = (attrs.int("axis").unwrap_or(-1), attrs.float("epsilon", 1e-5));
        attrs.ignore("stash_type");
        attrs.finish()?;
        let (x, scale) = pair(inputs)?;
        let shape = to.shape(x);
        let axis = axis(name, shape.len())?;
        let rows = to.reshape(x, &[shape[..axis].iter().product(), shape[axis..].iter().product()])?;
        let y = normalized(to, rows, epsilon)?;
        let y = to.reshape(y, &shape)?;
        let own = to.shape(scale);
        Ok(vec![scaled(to, y, scale, Inputs(inputs).optional(2), &own)?])
    },
};

/// The channels in groups.
pub(super) const GROUP: RewriteDef = RewriteDef {
    onnx: "GroupNormalization",
    opsets: 18..=21,
    inputs: 3..=3,
    summary: "groups of channels to mean 0 and variance 1, scaled",
    rewrite: |mut attrs, inputs, to| {
        let (groups, epsilon) = (attrs.int("num_groups"), attrs.float("epsilon", 1e-5));
        attrs.ignore("stash_type");
        attrs.finish()?;
        let (x, scale) = pair(inputs)?;
        let shape = to.shape(x);
        let [n, c, ..] = shape[..] else { return Err(OpError::shape("batch × channels × …", &[&shape])) };
        let groups = groups.and_then(|groups| usize::try_from(groups).ok()).filter(|g| *g > 0 && c.is_multiple_of(*g));
        let groups = groups.ok_or_else(|| OpError::Graph("num_groups does not divide the channels".into()))?;
        let rows = to.reshape(x, &[n * groups, to.len(x) / (n * groups)])?;
        let y = normalized(to, rows, epsilon)?;
        let y = to.reshape(y, &shape)?;
        // One scale per group up to opset 20, one per channel from 21.
        let each = |to: &mut Rewriter<'_>, values: Id| {
            if to.len(values) == c {
                return Ok(values);
            }
            let sources = (0..c).map(|channel| Some((channel / (c / groups)) as u32)).collect();
            to.select(values, vec![c], sources, 0.0)
        };
        let scale = each(to, scale)?;
        let bias = Inputs(inputs).optional(2).map(|bias| each(to, bias)).transpose()?;
        Ok(vec![scaled(to, y, scale, bias, &per_channel(&shape))?])
    },
};

/// x / Σ|x| or x / √Σx² along an axis.
pub(super) const LP: RewriteDef = RewriteDef {
    onnx: "LpNormalization",
    opsets: 7..=21,
    inputs: 1..=1,
    summary: "x divided by its first or second norm along an axis",
    rewrite: |mut attrs, inputs, to| {
        let (name, p) = (attrs.int("axis").unwrap_or(-1), attrs.int("p").unwrap_or(2));
        attrs.finish()?;
        let x = only(inputs)?;
        let (rows, back) = last(to, x, axis(name, to.shape(x).len())?)?;
        let (function, inverse) = match p {
            1 => (Unary::Abs, Unary::Reciprocal),
            2 => (Unary::Pow { exponent: 2.0 }, Unary::InverseSqrt),
            _ => return Err(OpError::unsupported(format!("p = {p}"))),
        };
        let values = to.table("Pow", function, rows)?;
        let sum = to.reduce("ReduceSum", values, &[1], true)?;
        let inverse = to.table("Reciprocal", inverse, sum)?;
        let y = to.op("Mul", &[rows, inverse])?;
        Ok(vec![back.undo(to, y)?])
    },
};
