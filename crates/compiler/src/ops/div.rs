//! [Div](https://onnx.ai/onnx/operators/onnx__Div.html): y = a / b with numpy broadcasting. Opset 7+.
//!
//! The reciprocal of the constant goes into the weights, in double precision. Among constants, integers divide
//! towards zero, private ones too by a table. A private divisor is a table of 1 / b and a product. Unsupported:
//! integers by a private divisor.

use hushproof_core::graph::Unary;

use super::{
    op::{Attrs, Id, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand, Rewriter},
    support::elementwise,
};
use crate::tensor::{DType, Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Div",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "a / b with broadcasting; a private b by a table of 1 / b",
    marks: &[Mark::TakesEmpty],
    parse,
};

#[derive(Debug)]
struct Div;

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Box::new(Div))
}

impl Op for Div {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let facts = elementwise::facts(inputs)?;
        match inputs.get(1)?.constant {
            Some(divisor) if divisor.data().contains(&0.0) => Err(OpError::Graph("division by zero".into())),
            _ => Ok(facts),
        }
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        match inputs.get(0)?.fact().dtype {
            DType::Int => elementwise::eval(inputs, DType::Int, |a, b| (a / b).trunc()),
            dtype => elementwise::eval(inputs, dtype, |a, b| a / b),
        }
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let divisor = inputs.get(1)?.constant("the divisor")?;
        elementwise::lower_scale(inputs, 0, divisor, f64::recip)
    }

    fn rewrite(&self, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        let (a, b) = (Inputs(inputs).get(0)?, Inputs(inputs).get(1)?);
        if to.fact(a).dtype == DType::Int {
            if to.value(b).is_none() {
                return Err(OpError::unsupported("integers by a private divisor; insert a Cast to FLOAT"));
            }
            let (a, b) = (to.float(a)?, to.float(b)?);
            return Ok(Some(vec![whole_quotient(to, a, b)?]));
        }
        if to.value(b).is_some() {
            return Ok(None);
        }
        let inverse = to.table("Reciprocal", Unary::Reciprocal, b)?;
        Ok(Some(vec![to.op("Mul", &[a, inverse])?]))
    }
}

/// a / b of integers, towards zero: halfway to the next integer that a quotient of integers may be, no rounding gets
/// over the edge.
fn whole_quotient(to: &mut Rewriter<'_>, a: Id, b: Id) -> OpResult<Id> {
    let divisors = to.value(b).map(|b| (b.shape().to_vec(), b.data().to_vec()));
    let (shape, divisors) = divisors.ok_or_else(|| OpError::unsupported("a private divisor"))?;
    let halves = to.floats(&shape, divisors.iter().map(|b| 0.5 / b).collect())?;
    let quotient = to.op("Div", &[a, b])?;
    let sign = to.op("Sign", &[a])?;
    let away = to.op("Mul", &[sign, halves])?;
    let quotient = to.op("Add", &[quotient, away])?;
    let whole = to.table("Div", Unary::Truncate, quotient)?;
    to.relabel(whole, DType::Int)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, integers, private};

    #[test]
    fn div() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 3], &[1.0, 2.0, -3.0]);
        case.gives(&[&x, &constant(&[3], &[2.0, 0.5, -4.0])], &[1, 3], &[0.5, 4.0, 0.75]);
        case.gives(&[&integers(&[2], &[7, -7]), &integers(&[1], &[2])], &[2], &[3.0, -3.0]);
        case.unsupported(&[&constant(&[1], &[1.0]), &x]);
        case.graph_error(&[&x, &constant(&[1], &[0.0])]);
    }
}
