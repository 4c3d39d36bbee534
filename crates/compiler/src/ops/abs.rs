//! [Abs](https://onnx.ai/onnx/operators/onnx__Abs.html): y = |x|, element by element. Opset 6+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Abs",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "|x|",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Abs),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn abs() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 2], &[-1.5, 2.0])], &[1, 2], &[1.5, 2.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
