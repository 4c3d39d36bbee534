//! [Atan](https://onnx.ai/onnx/operators/onnx__Atan.html): the arc tangent, element by element. Opset 7+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Atan",
    opsets: 7..=27,
    inputs: 1..=1,
    summary: "arc tangent",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Atan),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn atan() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 2], &[0.0, -1.0])], &[1, 2], &[0.0, -std::f64::consts::FRAC_PI_4]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
