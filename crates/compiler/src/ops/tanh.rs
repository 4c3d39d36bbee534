//! [Tanh](https://onnx.ai/onnx/operators/onnx__Tanh.html): hyperbolic tangent, element by element. Opset 6+.
//!
//! The integer model has it in a table.

use hushproof_core::graph::Function;

use super::{
    op::{Attrs, Op, OpDef, OpResult},
    support::function::Elementwise,
};

pub(super) const DEF: OpDef =
    OpDef { onnx: "Tanh", opsets: 1..=27, inputs: 1..=1, summary: "hyperbolic tangent", marks: &[], parse };

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Elementwise::table(Function::Tanh))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn tanh() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[0.0, 0.5, -1e3])], &[1, 3], &[0.0, 0.5f64.tanh(), -1.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
