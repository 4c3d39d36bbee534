//! [Erf](https://onnx.ai/onnx/operators/onnx__Erf.html): the error function, element by element. Opset 9+.
//!
//! The integer model has it in a table.

use hushproof_core::graph::Function;

use super::{
    op::{Attrs, Op, OpDef, OpResult},
    support::function::Elementwise,
};

pub(super) const DEF: OpDef =
    OpDef { onnx: "Erf", opsets: 9..=27, inputs: 1..=1, summary: "error function", marks: &[], parse };

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Elementwise::table(Function::Erf))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn erf() {
        let case = Case::new(&super::DEF);
        case.gives(
            &[&private(&[1, 3], &[0.0, 1.0, -1.0])],
            &[1, 3],
            &[0.0, 0.842_700_792_949_714_9, -0.842_700_792_949_714_9],
        );
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
