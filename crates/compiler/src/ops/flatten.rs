//! [Flatten](https://onnx.ai/onnx/operators/onnx__Flatten.html): a matrix whose rows are the axes from `axis` on.
//! Opset 1+; negative axes from 11. Exact: values keep their order.

use super::op::{Attrs, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand, reshaped};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef =
    OpDef { onnx: "Flatten", opsets: 1..=27, inputs: 1..=1, summary: "to a matrix", marks: &[Mark::Passes], parse };

#[derive(Debug)]
struct Flatten {
    axis: i64,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let axis = attrs.int("axis").unwrap_or(1);
    attrs.finish()?;
    Ok(Box::new(Flatten { axis }))
}

impl Flatten {
    fn shape(&self, shape: &[usize]) -> OpResult<Vec<usize>> {
        let rank = i64::try_from(shape.len()).ok();
        let axis = if self.axis < 0 { rank.and_then(|rank| rank.checked_add(self.axis)) } else { Some(self.axis) };
        let (rows, cols) = axis
            .and_then(|axis| shape.split_at_checked(usize::try_from(axis).ok()?))
            .ok_or_else(|| OpError::Graph(format!("axis {} is out of range for shape {shape:?}", self.axis)))?;
        Ok(vec![rows.iter().product(), cols.iter().product()])
    }
}

impl Op for Flatten {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = inputs.get(0)?.fact;
        Ok(vec![Fact { dtype: x.dtype, shape: self.shape(&x.shape)? }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        reshaped(x, self.shape(x.shape())?)
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::Reshape])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn flatten() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 2, 2], &[1.0, 2.0, 3.0, 4.0]);
        case.gives(&[&x], &[1, 4], &[1.0, 2.0, 3.0, 4.0]);
        case.with("axis", Attr::Int(-1)).gives(&[&x], &[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        case.with("axis", Attr::Int(3)).gives(&[&x], &[4, 1], &[1.0, 2.0, 3.0, 4.0]);
        for axis in [4, -4, i64::MIN] {
            case.with("axis", Attr::Int(axis)).graph_error(&[&x]);
        }
    }
}
