//! [Mish](https://onnx.ai/onnx/operators/onnx__Mish.html): y = x · tanh(ln(1 + e^x)), element by element. Opset 18+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Mish",
    opsets: 18..=27,
    inputs: 1..=1,
    summary: "x · tanh(ln(1 + e^x))",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Mish),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn mish() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[0.0, 1e3, -1e3])], &[1, 3], &[0.0, 1e3, 0.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
