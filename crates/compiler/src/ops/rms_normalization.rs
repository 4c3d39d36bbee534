//! [RMSNormalization](https://onnx.ai/onnx/operators/onnx__RMSNormalization.html): all values from an axis on, divided
//! by `√(mean of squares + epsilon)` and scaled. Opset 23+. By a table of squares, a mean, a table of 1 / √x and a
//! product, each rounded once.

use hushproof_core::graph::Unary;

use super::{
    op::{RewriteDef, axis},
    support::inputs::pair,
};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "RMSNormalization",
    opsets: 23..=27,
    inputs: 2..=2,
    summary: "all values from an axis on divided by their quadratic mean, scaled",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let (name, epsilon) = (attrs.int("axis").unwrap_or(-1), attrs.float("epsilon", 1e-5));
        attrs.ignore("stash_type");
        attrs.finish()?;
        let (x, scale) = pair(inputs)?;
        let shape = to.shape(x);
        let axis = axis(name, shape.len())?;
        let rows = to.reshape(x, &[shape[..axis].iter().product(), shape[axis..].iter().product()])?;
        let squares = to.table("Pow", Unary::Pow { exponent: 2.0 }, rows)?;
        let mean = to.reduce("ReduceMean", squares, &[1], true)?;
        let mean = to.affine(mean, 1.0, epsilon)?;
        let inverse = to.table("Sqrt", Unary::InverseSqrt, mean)?;
        let y = to.op("Mul", &[rows, inverse])?;
        let y = to.reshape(y, &shape)?;
        Ok(vec![to.op("Mul", &[y, scale])?])
    },
};
