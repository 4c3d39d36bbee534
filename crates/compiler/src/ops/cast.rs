//! [Cast](https://onnx.ai/onnx/operators/onnx__Cast.html): the values in another element type. Opset 6+.
//!
//! Exact: between real types the width is ignored, integers and truth values become real numbers. A real number
//! is truncated to an integer, a private one by a table, up to a table step. A width is ignored: values that do not fit
//! an integer type are not reduced.

use hushproof_core::graph::Unary;

use super::op::{Attrs, Id, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand, Rewriter, tensor};
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
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let to = match attrs.int("to") {
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
    Ok(Box::new(Cast { to }))
}

impl Op for Cast {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = inputs.get(0)?;
        Ok(vec![Fact { dtype: self.to, shape: x.fact.shape.clone() }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let convert = |value: &f64| match self.to {
            DType::Float => *value,
            DType::Int => value.trunc(),
            DType::Bool => f64::from(*value != 0.0),
        };
        let fact = Fact { dtype: self.to, shape: x.shape().to_vec() };
        Ok(vec![tensor(fact, x.data().iter().map(convert).collect())?])
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
            (DType::Float, DType::Bool) => {
                return Err(OpError::unsupported("real numbers to BOOL; compare with a threshold instead"));
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
        case.with("to", Attr::Int(8)).unsupported(&[]);
        case.unsupported(&[]);
    }
}
