//! [Relu](https://onnx.ai/onnx/operators/onnx__Relu.html): y = max(x, 0), element by element. Opset 6+.
//!
//! Exact on quantized values.

use hushproof_core::graph::FloatActivation;

use super::{
    op::{Attrs, Inputs, Lowered, Op, OpDef, OpResult, Operand},
    support::elementwise,
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef =
    OpDef { onnx: "Relu", opsets: 1..=27, inputs: 1..=1, summary: "max(x, 0)", marks: &[], parse };

#[derive(Debug)]
struct Relu;

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Box::new(Relu))
}

impl Op for Relu {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        Ok(vec![inputs.get(0)?.float()?.fact.clone()])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        elementwise::map(inputs, |x| x.max(0.0))
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::Function(FloatActivation::Relu)])
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn relu() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[-1.5, 0.0, 2.5])], &[1, 3], &[0.0, 0.0, 2.5]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
