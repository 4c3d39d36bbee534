//! [Add](https://onnx.ai/onnx/operators/onnx__Add.html): y = a + b with numpy broadcasting. Opset 7+.
//!
//! Exact: a constant goes into the bias. The sum of two private tensors is linear in both.

use super::{
    op::{Attrs, Id, Inputs, Lowered, Mark, Op, OpDef, OpResult, Operand, Rewriter},
    support::{elementwise, masks},
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Add",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "a + b with broadcasting; two private operands only if both are affine in the same tensor",
    marks: &[Mark::TakesEmpty],
    parse,
};

#[derive(Debug)]
struct Add;

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Box::new(Add))
}

impl Op for Add {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        elementwise::facts(inputs)
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        elementwise::eval(inputs, inputs.get(0)?.fact().dtype, |a, b| a + b)
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        elementwise::lower_sum(inputs, 1.0)
    }

    fn rewrite(&self, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        masks::sum(to, Inputs(inputs).get(0)?, Inputs(inputs).get(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, private};

    #[test]
    fn add() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        case.gives(&[&x, &constant(&[2], &[10.0, 20.0])], &[2, 2], &[11.0, 22.0, 13.0, 24.0]);
        case.gives(&[&constant(&[], &[1.0]), &x], &[2, 2], &[2.0, 3.0, 4.0, 5.0]);
        case.gives(&[&x, &private(&[2, 1], &[1.0, -1.0])], &[2, 2], &[2.0, 3.0, 2.0, 3.0]);
        case.gives(&[&private(&[1, 1], &[1.0]), &constant(&[3], &[1.0, 2.0, 3.0])], &[1, 3], &[2.0, 3.0, 4.0]);
    }

    #[test]
    fn add_refuses_misfits() {
        let case = Case::new(&super::DEF);
        case.shape_error(&[&private(&[1, 3], &[0.0; 3]), &constant(&[2], &[0.0; 2])]);
        case.with("axis", super::super::Attr::Int(1)).unsupported(&[]);
    }
}
