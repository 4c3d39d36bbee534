//! [DynamicQuantizeLinear](https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html): codes from 0 to 255 at the
//! scale that the values themselves have, with that scale and its zero point. Opset 11+.
//!
//! With high = max(x, 0) and low = max(−x, 0) over all values: scale (high + low) / 255, zero point round(low / scale),
//! codes round(x / scale) + zero point. By a table of 1 / x and products, each rounded once, so codes may be one off
//! those of single precision; codes of constant scales (QuantizeLinear) are exact, and cost less.

use hushproof_core::graph::Unary;

use super::{
    op::{Attrs, Id, Mark, OpResult, RewriteDef, Rewriter},
    support::inputs::only,
};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "DynamicQuantizeLinear",
    opsets: 11..=27,
    inputs: 1..=1,
    summary: "codes at the scale of the values themselves; approximate, unlike QuantizeLinear",
    marks: &[Mark::Codes],
    rewrite,
};

/// The largest code.
const TOP: f64 = 255.0;

fn rewrite(attrs: Attrs, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
    attrs.finish()?;
    let x = only(inputs)?;
    let axes: Vec<usize> = (0..to.shape(x).len()).collect();
    let most = to.reduce("ReduceMax", x, &axes, false)?;
    let high = to.op("Relu", &[most])?;
    let least = to.reduce("ReduceMin", x, &axes, false)?;
    let least = to.affine(least, -1.0, 0.0)?;
    let low = to.op("Relu", &[least])?;
    let range = to.op("Add", &[high, low])?;
    let scale = to.affine(range, TOP.recip(), 0.0)?;
    let inverse = to.table("Reciprocal", Unary::Reciprocal, range)?;
    let inverse = to.affine(inverse, TOP, 0.0)?;
    let share = to.op("Mul", &[low, inverse])?;
    let zero = to.table("Round", Unary::Round, share)?;
    let codes = to.op("Mul", &[x, inverse])?;
    let codes = to.table("Round", Unary::Round, codes)?;
    let codes = to.op("Add", &[codes, zero])?;
    Ok(vec![to.whole(codes, 0.0, TOP)?, scale, to.whole(zero, 0.0, TOP)?])
}
