//! [ThresholdedRelu](https://onnx.ai/onnx/operators/onnx__ThresholdedRelu.html): y = x where x > alpha, else 0,
//! element by element. Opset 10+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "ThresholdedRelu",
    opsets: 10..=27,
    inputs: 1..=1,
    summary: "x where x > alpha, else 0",
    marks: &[],
    parse: |mut attrs| {
        let alpha = attrs.float("alpha", 1.0);
        Elementwise::unary(attrs, Unary::ThresholdedRelu { alpha })
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn thresholded_relu() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[-1.0, 1.0, 1.5])], &[1, 3], &[0.0, 0.0, 1.5]);
        case.with("alpha", Attr::Float(2.0)).gives(&[&private(&[1, 2], &[2.0, 3.0])], &[1, 2], &[0.0, 3.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
