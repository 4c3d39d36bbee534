//! [MeanVarianceNormalization](https://onnx.ai/onnx/operators/onnx__MeanVarianceNormalization.html):
//! `(x − mean) / (standard deviation + 1e-9)` over some axes. Opset 9+. By a table of squares, a mean, a table of 1 /
//! √x and a product, each rounded once.

use hushproof_core::graph::Unary;

use super::{
    op::{OpResult, RewriteDef, axis},
    support::inputs::only,
};

/// What keeps a variance of 0 from being divided by; 1e-9 of the standard deviation, squared.
const EPSILON: f64 = 1e-18;

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "MeanVarianceNormalization",
    opsets: 9..=27,
    inputs: 1..=1,
    summary: "mean 0 and variance 1 over some axes",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let names = attrs.ints("axes").unwrap_or_else(|| vec![0, 2, 3]);
        attrs.finish()?;
        let x = only(inputs)?;
        let rank = to.shape(x).len();
        let axes = names.into_iter().map(|name| axis(name, rank)).collect::<OpResult<Vec<_>>>()?;
        let mean = to.reduce("ReduceMean", x, &axes, true)?;
        let centered = to.op("Sub", &[x, mean])?;
        let squares = to.table("Pow", Unary::Pow { exponent: 2.0 }, centered)?;
        let variance = to.reduce("ReduceMean", squares, &axes, true)?;
        let variance = to.affine(variance, 1.0, EPSILON)?;
        let inverse = to.table("Sqrt", Unary::InverseSqrt, variance)?;
        Ok(vec![to.op("Mul", &[centered, inverse])?])
    },
};
