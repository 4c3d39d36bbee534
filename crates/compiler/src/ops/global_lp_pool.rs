//! [GlobalLpPool](https://onnx.ai/onnx/operators/onnx__GlobalLpPool.html): `(Σ |x|^p)^(1/p)` of each channel. Opset 7+.
//! By tables of `|x|^p` and of the root, each rounded once.

use super::{
    lp_pool::{powers, root},
    op::{OpError, RewriteDef},
    support::inputs::only,
};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "GlobalLpPool",
    opsets: 7..=27,
    inputs: 1..=1,
    summary: "(Σ |x|^p)^(1/p) of each channel",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let p = attrs.int("p").unwrap_or(2);
        if p < 1 {
            attrs.reject(format!("p = {p}; 1 or more is served"));
        }
        attrs.finish()?;
        let x = only(inputs)?;
        let rank = to.shape(x).len();
        if rank < 3 {
            return Err(OpError::shape("batch × channels × …", &[&to.shape(x)]));
        }
        let powers = powers(to, x, p)?;
        let axes: Vec<usize> = (2..rank).collect();
        let sums = to.reduce("ReduceSum", powers, &axes, true)?;
        Ok(vec![root(to, sums, p)?])
    },
};
