//! [ReduceLogSumExp](https://onnx.ai/onnx/operators/onnx__ReduceLogSumExp.html): ln Σ e^x over constant axes. Opset
//! 1+; the axes are an attribute up to 17, an input from 18.
//!
//! max + ln Σ e^(x − max) by tables of e^x and ln around a sum, each rounded once.

use hushproof_core::graph::Unary;

use super::{
    op::RewriteDef,
    support::{
        reduction::Reduction,
        rows::{exponentials, largest},
    },
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ReduceLogSumExp",
    opsets: 1..=27,
    inputs: 1..=2,
    summary: "ln Σ e^x over constant axes",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let x = Reduction::new(attrs, inputs, to)?;
        let rows = x.rows(to)?;
        let (_, _, sum) = exponentials(to, rows)?;
        let log = to.table("Log", Unary::Log, sum)?;
        let most = largest(to, rows)?;
        let y = to.op("Add", &[log, most])?;
        x.shaped(y, to)
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn reduce_log_sum_exp() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[0.0, 2f64.ln(), 3f64.ln(), 4f64.ln()]);
        case.gives(&[&x, &integers(&[1], &[-1])], &[2, 1], &[3f64.ln(), 7f64.ln()]);
        case.with("keepdims", Attr::Int(0)).gives(&[&x], &[], &[10f64.ln()]);
        case.opset(13).with("axes", Attr::Ints(vec![0])).gives(&[&x], &[1, 2], &[4f64.ln(), 6f64.ln()]);
    }
}
