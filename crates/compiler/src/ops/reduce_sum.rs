//! [ReduceSum](https://onnx.ai/onnx/operators/onnx__ReduceSum.html): the sum over some axes. Opset 1+; the axes are
//! an attribute up to 12 and a constant input from 13.
//!
//! Exact.

use super::{op::OpDef, support::linear_reduction::parse};

pub(super) const DEF: OpDef = OpDef {
    onnx: "ReduceSum",
    opsets: 1..=27,
    inputs: 1..=2,
    summary: "sum over constant axes",
    marks: &[],
    parse: |attrs| parse(attrs, 13, false),
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn reduce_sum() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 2, 1, 2], &[1.0, 2.0, 3.0, 6.0]);
        case.gives(&[&x, &integers(&[2], &[2, 3])], &[1, 2, 1, 1], &[3.0, 9.0]);
        case.with("keepdims", Attr::Int(0)).gives(&[&x, &integers(&[1], &[1])], &[1, 1, 2], &[4.0, 8.0]);
        case.opset(12).with("axes", Attr::Ints(vec![-1])).gives(&[&x], &[1, 2, 1, 1], &[3.0, 9.0]);
        case.graph_error(&[&x, &integers(&[1], &[4])]);
    }
}
