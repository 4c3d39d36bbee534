//! [Mul](https://onnx.ai/onnx/operators/onnx__Mul.html): y = a · b with numpy broadcasting. Opset 7+.
//!
//! Exact: a constant goes into the weights. The product of two private tensors is one of codes, rounded once.

use super::{
    op::{Attrs, Inputs, Lowered, Mark, Op, OpDef, OpResult, Operand},
    support::elementwise,
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Mul",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "a · b with broadcasting; both operands may be private",
    marks: &[Mark::TakesEmpty],
    parse,
};

#[derive(Debug)]
struct Mul;

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Box::new(Mul))
}

impl Op for Mul {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        elementwise::facts(inputs)
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        elementwise::eval(inputs, inputs.get(0)?.fact().dtype, |a, b| a * b)
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        match (inputs.get(0)?.constant, inputs.get(1)?.constant) {
            (_, Some(c)) => elementwise::lower_scale(inputs, 0, c, |c| c),
            (Some(c), None) => elementwise::lower_scale(inputs, 1, c, |c| c),
            (None, None) => elementwise::lower_product(inputs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, private};

    #[test]
    fn mul() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 3], &[1.0, 2.0, -3.0]);
        case.gives(&[&x, &constant(&[3], &[2.0, 0.5, 1.0])], &[1, 3], &[2.0, 1.0, -3.0]);
        case.gives(&[&constant(&[2, 1], &[2.0, -1.0]), &x], &[2, 3], &[2.0, 4.0, -6.0, -1.0, -2.0, 3.0]);
        case.gives(&[&x, &constant(&[], &[0.0])], &[1, 3], &[0.0, 0.0, -0.0]);
        case.gives(&[&x, &x], &[1, 3], &[1.0, 4.0, 9.0]);
        case.gives(&[&private(&[2, 1], &[2.0, -1.0]), &x], &[2, 3], &[2.0, 4.0, -6.0, -1.0, -2.0, 3.0]);
        case.shape_error(&[&x, &constant(&[2], &[0.0; 2])]);
    }
}
