//! [Softsign](https://onnx.ai/onnx/operators/onnx__Softsign.html): y = x / (1 + |x|), element by element. Opset 1+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Softsign",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "x / (1 + |x|)",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Softsign),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn softsign() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 2], &[-1.0, 3.0])], &[1, 2], &[-0.5, 0.75]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
