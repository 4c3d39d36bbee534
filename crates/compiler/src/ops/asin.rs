//! [Asin](https://onnx.ai/onnx/operators/onnx__Asin.html): the arc sine, element by element. Opset 7+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code. Arguments
//! outside of −1 to 1 count as the nearer of these.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Asin",
    opsets: 7..=27,
    inputs: 1..=1,
    summary: "arc sine",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Asin),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn asin() {
        let case = Case::new(&super::DEF);
        case.gives(
            &[&private(&[1, 3], &[0.0, 1.0, -2.0])],
            &[1, 3],
            &[0.0, std::f64::consts::FRAC_PI_2, -std::f64::consts::FRAC_PI_2],
        );
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
