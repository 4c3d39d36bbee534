//! [Cast](https://onnx.ai/onnx/operators/onnx__Cast.html): the values in another element type. Opset 6+.
//!
//! Exact: between real types the width is ignored, integers and truth values become real numbers. A real number
//! is truncated to an integer, a private one by a table, up to a table step, and is true where it is not 0. A width is
//! ignored: values that do not fit an integer type are not reduced. Unsupported: between strings and numbers.

use hushproof_core::graph::Unary;

use super::{
    op::{
        Attrs, Id, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand, Rewriter, tensor,
        trees::{Mode, Monotone},
    },
    support::leaves::holds,
};
use crate::tensor::{DType, Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Cast",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "to a real, integer or truth type; real numbers are truncated by a table",
    marks: &[Mark::Passes, Mark::TakesEmpty],
    parse,
};

#[derive(Debug)]
struct Cast {
    to: DType,
    /// Whether it is to single precision, or less.
    single: bool,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let code = attrs.int("to");
    let to = match code {
        Some(8) => DType::Name,
        Some(1 | 10 | 11 | 16) => DType::Float,
        Some(2..=7 | 12 | 13) => DType::Int,
        Some(9) => DType::Bool,
        other => {
            attrs.reject(other.map_or("attribute `to` is missing".into(), |code| format!("element type {code}")));
            DType::Float
        }
    };
    // About 8-bit floats only.
    attrs.ignore("saturate");
    attrs.ignore("round_mode");
    attrs.finish()?;
    Ok(Box::new(Cast { to, single: matches!(code, Some(1 | 10 | 16)) }))
}

impl Op for Cast {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = inputs.get(0)?;
        if (x.fact.dtype == DType::Name) != (self.to == DType::Name) {
            return Err(OpError::unsupported("between strings and numbers"));
        }
        Ok(vec![Fact { dtype: self.to, shape: x.fact.shape.clone() }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let convert = |value: &f64| match self.to {
            DType::Float | DType::Name => *value,
            DType::Int => value.trunc(),
            DType::Bool => f64::from(*value != 0.0),
        };
        let fact = Fact { dtype: self.to, shape: x.shape().to_vec() };
        Ok(vec![tensor(fact, x.data().iter().map(convert).collect())?])
    }

    fn monotone(&self, _: usize) -> Option<Monotone> {
        self.single.then_some(Monotone::Single)
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::Reshape])
    }

    fn rewrite(&self, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        let x = Inputs(inputs).get(0)?;
        let y = match (to.fact(x).dtype, self.to) {
            (DType::Float, DType::Int) => to.table("Cast", Unary::Truncate, x)?,
            (DType::Int, DType::Bool) => {
                let zero = to.is_zero("Cast", x)?;
                to.affine(zero, -1.0, 1.0)?
            }
            (DType::Float, DType::Bool) if to.is_input(x) => holds(to, "Cast", x, Mode::NotEqual, 0.0, true)?,
            (DType::Float, DType::Bool) => {
                // Above 0 or below it; a value that is rounded to 0 is 0.
                let above = to.compares(x, true)?;
                let opposite = to.affine(x, -1.0, 0.0)?;
                let below = to.compares(opposite, true)?;
                let (above, below) = (to.float(above)?, to.float(below)?);
                to.op("Add", &[above, below])?
            }
            _ => return Ok(None),
        };
        Ok(Some(vec![to.relabel(y, self.to)?]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, integers, private},
    };

    #[test]
    fn cast() {
        let case = Case::new(&super::DEF);
        let float = case.with("to", Attr::Int(1));
        float.gives(&[&private(&[2], &[1.5, -2.0])], &[2], &[1.5, -2.0]);
        float.gives(&[&integers(&[1], &[3]).into_private()], &[1], &[3.0]);
        let int = case.with("to", Attr::Int(7));
        int.gives(&[&constant(&[2], &[1.5, -2.5])], &[2], &[1.0, -2.0]);
        case.with("to", Attr::Int(9)).gives(&[&integers(&[2], &[0, 3])], &[2], &[0.0, 1.0]);
        case.with("to", Attr::Int(9)).gives(&[&constant(&[4], &[0.5, 0.0, -3.0, 2.0])], &[4], &[1.0, 0.0, 1.0, 1.0]);
        case.with("to", Attr::Int(8)).unsupported(&[&private(&[1], &[0.5])]);
        case.unsupported(&[]);
    }
}
