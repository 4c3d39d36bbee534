//! [Sqrt](https://onnx.ai/onnx/operators/onnx__Sqrt.html): y = √x, element by element. Opset 6+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code. Negative
//! arguments count as 0.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Sqrt",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "√x",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Sqrt),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn sqrt() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[9.0, 0.25, -1.0])], &[1, 3], &[3.0, 0.5, 0.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
