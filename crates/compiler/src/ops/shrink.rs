//! [Shrink](https://onnx.ai/onnx/operators/onnx__Shrink.html): y = x + bias where x < −lambd, x − bias where x >
//! lambd, else 0, element by element. Opset 9+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Shrink",
    opsets: 9..=27,
    inputs: 1..=1,
    summary: "x moved towards 0 by `bias`, 0 within `lambd`",
    marks: &[],
    parse: |mut attrs| {
        let (lambda, bias) = (attrs.float("lambd", 0.5), attrs.float("bias", 0.0));
        Elementwise::unary(attrs, Unary::Shrink { lambda, bias })
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn shrink() {
        let case = Case::new(&super::DEF);
        let shrink = case.with("lambd", Attr::Float(1.0)).with("bias", Attr::Float(1.0));
        shrink.gives(&[&private(&[3], &[-3.0, 0.5, 3.0])], &[3], &[-2.0, 0.0, 2.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
