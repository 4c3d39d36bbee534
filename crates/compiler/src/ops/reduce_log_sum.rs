//! [ReduceLogSum](https://onnx.ai/onnx/operators/onnx__ReduceLogSum.html): ln Σ x over constant axes. Opset 1+; the
//! axes are an attribute up to 17, an input from 18.
//!
//! A sum and a table of ln, rounded once.

use hushproof_core::graph::Unary;

use super::{op::RewriteDef, support::reduction::Reduction};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ReduceLogSum",
    opsets: 1..=27,
    inputs: 1..=2,
    summary: "ln Σ x over constant axes",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let x = Reduction::new(attrs, inputs, to)?;
        let sum = x.sum(x.x, to)?;
        Ok(vec![to.table("Log", Unary::Log, sum)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn reduce_log_sum() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        case.gives(&[&x, &integers(&[1], &[-1])], &[2, 1], &[3f64.ln(), 7f64.ln()]);
        case.with("keepdims", Attr::Int(0)).gives(&[&x], &[], &[10f64.ln()]);
        case.opset(13).with("axes", Attr::Ints(vec![0])).gives(&[&x], &[1, 2], &[4f64.ln(), 6f64.ln()]);
    }
}
