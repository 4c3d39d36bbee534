//! [Cos](https://onnx.ai/onnx/operators/onnx__Cos.html): the cosine, element by element. Opset 7+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Cos",
    opsets: 7..=27,
    inputs: 1..=1,
    summary: "cosine",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Cos),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn cos() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 2], &[0.0, std::f64::consts::PI])], &[1, 2], &[1.0, -1.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
