//! [Sub](https://onnx.ai/onnx/operators/onnx__Sub.html): y = a - b with numpy broadcasting. Opset 7+.
//!
//! Exact: a constant goes into the bias. The difference of two private tensors is linear in both.

use super::{
    op::{Attrs, Id, Inputs, Lowered, Mark, Op, OpDef, OpResult, Operand, Rewriter},
    support::{elementwise, masks},
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Sub",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "a − b with broadcasting; two private operands only if both are affine in the same tensor",
    marks: &[Mark::TakesEmpty],
    parse,
};

#[derive(Debug)]
struct Sub;

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Box::new(Sub))
}

impl Op for Sub {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        elementwise::facts(inputs)
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        elementwise::eval(inputs, inputs.get(0)?.fact().dtype, |a, b| a - b)
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        elementwise::lower_sum(inputs, -1.0)
    }

    fn rewrite(&self, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        masks::difference(to, Inputs(inputs).get(0)?, Inputs(inputs).get(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, private};

    #[test]
    fn sub() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        case.gives(&[&x, &constant(&[2], &[10.0, 20.0])], &[2, 2], &[-9.0, -18.0, -7.0, -16.0]);
        case.gives(&[&constant(&[], &[1.0]), &x], &[2, 2], &[0.0, -1.0, -2.0, -3.0]);
        case.gives(&[&x, &private(&[2, 1], &[1.0, -1.0])], &[2, 2], &[0.0, 1.0, 4.0, 5.0]);
        case.shape_error(&[&x, &constant(&[3], &[0.0; 3])]);
    }
}
