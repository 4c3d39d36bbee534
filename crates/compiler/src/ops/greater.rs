//! [Greater](https://onnx.ai/onnx/operators/onnx__Greater.html): y = (a > b), 0 or 1, with numpy broadcasting. Opset
//! 7+.
//!
//! A threshold; after a Sigmoid it moves to the logit, so that no sigmoid is computed. Elsewhere than in
//! the last step it is a table of the difference.

use super::{
    op::{Attrs, Id, Inputs, Lowered, Op, OpDef, OpResult, Operand, Rewriter},
    support::{comparison, elementwise},
};
use crate::tensor::{DType, Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Greater",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "a > b; as the last step against one constant exactly, elsewhere by a table of the difference",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct Greater;

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Box::new(Greater))
}

impl Op for Greater {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        comparison::facts(inputs)
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        elementwise::eval(inputs, DType::Bool, |a, b| f64::from(a > b))
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        comparison::lower(inputs, 0, true)
    }

    fn rewrite(&self, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        comparison::rewrite(inputs, to, 0, true)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, private};

    #[test]
    fn greater() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 3], &[1.0, 2.0, 3.0]);
        case.gives(&[&x, &constant(&[1], &[2.0])], &[1, 3], &[0.0, 0.0, 1.0]);
        case.gives(&[&constant(&[], &[2.0]), &x], &[1, 3], &[1.0, 0.0, 0.0]);
        case.unsupported(&[&x, &constant(&[3], &[1.0, 2.0, 3.0])]);
        case.unsupported(&[&x, &constant(&[2, 1], &[1.0, 1.0])]);
        case.graph_error(&[&x, &x]);
    }
}
