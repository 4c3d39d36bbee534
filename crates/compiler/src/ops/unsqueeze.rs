//! [Unsqueeze](https://onnx.ai/onnx/operators/onnx__Unsqueeze.html): with axes of size 1 inserted at the given places
//! of the result. Opset 1+; the axes are an attribute up to 12 and a constant input from 13. Exact: values keep their
//! order.

use super::op::{Attrs, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand, axis, integers, reshaped};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Unsqueeze",
    opsets: 1..=27,
    inputs: 1..=2,
    summary: "inserts axes of size 1",
    marks: &[Mark::Passes, Mark::TakesEmpty],
    parse,
};

#[derive(Debug)]
struct Unsqueeze {
    axes: Option<Vec<i64>>,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let axes = if attrs.opset() < 13 { attrs.ints("axes") } else { None };
    attrs.finish()?;
    Ok(Box::new(Unsqueeze { axes }))
}

impl Unsqueeze {
    fn shape(&self, shape: &[usize], axes: Option<&Tensor>) -> OpResult<Vec<usize>> {
        let axes = axes.map(integers).or_else(|| self.axes.clone());
        let axes = axes.ok_or_else(|| OpError::Graph("the axes are missing".into()))?;
        let rank = shape.len() + axes.len();
        let mut result = vec![None; rank];
        for a in &axes {
            let place = &mut result[axis(*a, rank)?];
            if place.replace(1).is_some() {
                return Err(OpError::Graph(format!("axes {axes:?} name an axis twice")));
            }
        }
        // As many places are left as the tensor has axes.
        let mut sizes = shape.iter().copied();
        Ok(result.into_iter().filter_map(|size| size.or_else(|| sizes.next())).collect())
    }
}

impl Op for Unsqueeze {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = inputs.get(0)?.fact;
        Ok(vec![Fact {
            dtype: x.dtype,
            shape: self.shape(&x.shape, inputs.optional(1).map(|axes| axes.constant("the axes")).transpose()?)?,
        }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        reshaped(x, self.shape(x.shape(), inputs.optional(1))?)
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::Reshape])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn unsqueeze() {
        let case = Case::new(&super::DEF);
        let x = private(&[2], &[1.0, 2.0]);
        case.gives(&[&x, &integers(&[2], &[0, -1])], &[1, 2, 1], &[1.0, 2.0]);
        case.opset(12).with("axes", Attr::Ints(vec![0])).gives(&[&x], &[1, 2], &[1.0, 2.0]);
        case.gives(&[&integers(&[0], &[]), &integers(&[1], &[0])], &[1, 0], &[]);
        case.graph_error(&[&x, &integers(&[2], &[0, 0])]);
        case.graph_error(&[&x, &integers(&[1], &[2])]);
        case.graph_error(&[&x]);
    }
}
