//! [ReduceMean](https://onnx.ai/onnx/operators/onnx__ReduceMean.html): the mean over some axes. Opset 1+; the axes
//! are an attribute up to 17 and a constant input from 18.
//!
//! Exact: the divisor is a constant of the layer.

use super::{op::OpDef, support::linear_reduction::parse};

pub(super) const DEF: OpDef = OpDef {
    onnx: "ReduceMean",
    opsets: 1..=27,
    inputs: 1..=2,
    summary: "mean over constant axes",
    marks: &[],
    parse: |attrs| parse(attrs, 18, true),
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn reduce_mean() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 2, 2, 2], &[1.0, 2.0, 3.0, 6.0, 0.0, -4.0, 0.0, 0.0]);
        let spatial = integers(&[2], &[2, 3]);
        case.gives(&[&x, &spatial], &[1, 2, 1, 1], &[3.0, -1.0]);
        case.with("keepdims", Attr::Int(0)).gives(&[&x, &spatial], &[1, 2], &[3.0, -1.0]);
        case.gives(&[&x, &integers(&[1], &[-1])], &[1, 2, 2, 1], &[1.5, 4.5, -2.0, 0.0]);
        case.gives(&[&x], &[1, 1, 1, 1], &[1.0]);
        let noop = case.with("noop_with_empty_axes", Attr::Int(1));
        noop.gives(&[&private(&[1, 2], &[1.0, 2.0])], &[1, 2], &[1.0, 2.0]);
        case.opset(13).with("axes", Attr::Ints(vec![1])).gives(&[&private(&[1, 2], &[1.0, 2.0])], &[1, 1], &[1.5]);
        case.graph_error(&[&x, &integers(&[1], &[4])]);
        case.unsupported(&[&x, &integers(&[1], &[2]).into_private()]);
    }
}
