//! [LpNormalization](https://onnx.ai/onnx/operators/onnx__LpNormalization.html): x / Σ|x| or x / √Σx² along an axis.
//! Opset 1+.
//!
//! |x| or a table of x², a sum, a table of 1 / x or 1 / √x and a product, each rounded once.

use hushproof_core::graph::Unary;

use super::{
    op::{OpError, RewriteDef, axis},
    support::{inputs::only, rows::last},
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "LpNormalization",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "x divided by its first or second norm along an axis",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let (name, p) = (attrs.int("axis").unwrap_or(-1), attrs.int("p").unwrap_or(2));
        attrs.finish()?;
        let x = only(inputs)?;
        let (rows, back) = last(to, x, axis(name, to.shape(x).len())?)?;
        let (values, inverse) = match p {
            1 => (to.op("Abs", &[rows])?, Unary::Reciprocal),
            2 => (to.table("Pow", Unary::Pow { exponent: 2.0 }, rows)?, Unary::InverseSqrt),
            _ => return Err(OpError::unsupported(format!("p = {p}"))),
        };
        let sum = to.reduce("ReduceSum", values, &[1], true)?;
        let inverse = to.table("Reciprocal", inverse, sum)?;
        let y = to.op("Mul", &[rows, inverse])?;
        Ok(vec![back.undo(to, y)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn lp_normalization() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[3.0, 4.0, 0.0, -2.0]);
        case.gives(&[&x], &[2, 2], &[0.6, 0.8, 0.0, -1.0]);
        case.with("p", Attr::Int(1)).gives(&[&x], &[2, 2], &[3.0 / 7.0, 4.0 / 7.0, 0.0, -1.0]);
        case.with("p", Attr::Int(3)).unsupported(&[&x]);
    }
}
