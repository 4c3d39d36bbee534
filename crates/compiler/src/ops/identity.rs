//! [Identity](https://onnx.ai/onnx/operators/onnx__Identity.html): y = x. Opset 1+. Exact.

use super::op::{Attrs, Inputs, Lowered, Mark, Op, OpDef, OpResult, Operand};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Identity",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "x",
    marks: &[Mark::Passes, Mark::TakesEmpty],
    parse,
};

#[derive(Debug)]
struct Identity;

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Box::new(Identity))
}

impl Op for Identity {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        Ok(vec![inputs.get(0)?.fact.clone()])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        Ok(vec![inputs.get(0)?.clone()])
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::Reshape])
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, private};

    #[test]
    fn identity() {
        Case::new(&super::DEF).gives(&[&private(&[1, 2], &[1.0, 2.0])], &[1, 2], &[1.0, 2.0]);
    }
}
