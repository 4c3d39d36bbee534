//! [Neg](https://onnx.ai/onnx/operators/onnx__Neg.html): y = −x. Opset 6+. Exact: the sign goes into the weights.

use super::{
    op::{Affine, Attrs, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand},
    support::elementwise,
};
use crate::tensor::{DType, Fact, Tensor};

pub(super) const DEF: OpDef =
    OpDef { onnx: "Neg", opsets: 1..=27, inputs: 1..=1, summary: "−x, element by element", marks: &[], parse };

#[derive(Debug)]
struct Neg;

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Box::new(Neg))
}

impl Op for Neg {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let fact = inputs.get(0)?.fact;
        if matches!(fact.dtype, DType::Bool | DType::Name) {
            return Err(OpError::unsupported("truth values; take Not"));
        }
        Ok(vec![fact.clone()])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        elementwise::map(inputs, |x| -x)
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let len = inputs.get(0)?.fact.len();
        Ok(vec![Lowered::Affine(vec![(0, Affine::identity(len).negated())])])
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private, truths};

    #[test]
    fn neg() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[2], &[1.5, -2.0])], &[2], &[-1.5, 2.0]);
        case.gives(&[&integers(&[2], &[1, -2]).into_private()], &[2], &[-1.0, 2.0]);
        case.unsupported(&[&truths(&[1], &[1])]);
    }
}
