//! [Acosh](https://onnx.ai/onnx/operators/onnx__Acosh.html): the inverse hyperbolic cosine, element by element. Opset
//! 9+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code. Arguments
//! below 1 count as 1.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Acosh",
    opsets: 9..=27,
    inputs: 1..=1,
    summary: "inverse hyperbolic cosine",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Acosh),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn acosh() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[1.0, 1f64.cosh(), 0.0])], &[1, 3], &[0.0, 1.0, 0.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
