//! [ReduceL2](https://onnx.ai/onnx/operators/onnx__ReduceL2.html): √Σ x² over constant axes. Opset 1+; the axes are
//! an attribute up to 17, an input from 18.
//!
//! Tables of squares and roots around a sum, each rounded once.

use hushproof_core::graph::Unary;

use super::{op::RewriteDef, support::reduction::Reduction};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ReduceL2",
    opsets: 1..=27,
    inputs: 1..=2,
    summary: "√Σ x² over constant axes",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let x = Reduction::new(attrs, inputs, to)?;
        let values = to.table("Pow", Unary::Pow { exponent: 2.0 }, x.x)?;
        let sum = x.sum(values, to)?;
        Ok(vec![to.table("Sqrt", Unary::Sqrt, sum)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn reduce_l2() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[3.0, -4.0, 0.0, 12.0]);
        case.gives(&[&x, &integers(&[1], &[-1])], &[2, 1], &[5.0, 12.0]);
        case.with("keepdims", Attr::Int(0)).gives(&[&x], &[], &[13.0]);
        case.opset(13).with("axes", Attr::Ints(vec![0])).gives(&[&x], &[1, 2], &[3.0, 160f64.sqrt()]);
    }
}
