//! [HannWindow](https://onnx.ai/onnx/operators/onnx__HannWindow.html) of constant size n: `0.5 − 0.5 · cos(2πi / n)`,
//! n − 1 for n where it is not periodic. Opset 17+. Folded.

use std::f64::consts::PI;

use hushproof_core::float;

use super::{
    op::{Attrs, Id, OpError, OpResult, RewriteDef, Rewriter},
    support::inputs::only,
};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "HannWindow",
    opsets: 17..=27,
    inputs: 1..=1,
    summary: "a window of constant size, folded",
    marks: &[],
    rewrite: |attrs, inputs, to| window(attrs, inputs, to, [0.5, 0.5, 0.0]),
};

/// Most values of a window.
const MAX_SIZE: f64 = 16_777_216.0;

/// a − b · cos(2πi / n) + c · cos(4πi / n).
pub(super) fn window(
    mut attrs: Attrs,
    inputs: &[Option<Id>],
    to: &mut Rewriter<'_>,
    [a, b, c]: [f64; 3],
) -> OpResult<Vec<Id>> {
    let periodic = attrs.flag("periodic", true);
    // Real types of any width.
    attrs.ignore("output_datatype");
    attrs.finish()?;
    let size = to.value(only(inputs)?).and_then(|size| size.data().first().copied());
    let size = size.ok_or_else(|| OpError::unsupported("the size must be a constant"))?;
    if !(1.0..=MAX_SIZE).contains(&size) {
        return Err(OpError::Graph(format!("a window of {size} values")));
    }
    let period = if periodic { size } else { (size - 1.0).max(1.0) };
    let value = |i: u32| {
        let angle = 2.0 * PI * f64::from(i) / period;
        a - b * float::cos(angle) + c * float::cos(2.0 * angle)
    };
    Ok(vec![to.floats(&[size as usize], (0..size as u32).map(value).collect())?])
}
