//! [Log](https://onnx.ai/onnx/operators/onnx__Log.html): y = ln x, element by element. Opset 6+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code. It ends at
//! twice the largest magnitude seen in calibration, also for arguments that are not positive.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Log",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "ln x",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Log),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn log() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 2], &[1.0, std::f64::consts::E])], &[1, 2], &[0.0, 1.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
