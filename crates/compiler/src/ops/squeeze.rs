//! [Squeeze](https://onnx.ai/onnx/operators/onnx__Squeeze.html): without the given axes of size 1, or without
//! all of them. Opset 1+; the axes are an attribute up to 12 and a constant input from 13. Exact: values keep their
//! order.

use super::op::{Attrs, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand, axis, integers, reshaped};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Squeeze",
    opsets: 1..=27,
    inputs: 1..=2,
    summary: "drops axes of size 1",
    marks: &[Mark::Passes, Mark::TakesEmpty],
    parse,
};

#[derive(Debug)]
struct Squeeze {
    axes: Option<Vec<i64>>,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let axes = if attrs.opset() < 13 { attrs.ints("axes") } else { None };
    attrs.finish()?;
    Ok(Box::new(Squeeze { axes }))
}

impl Squeeze {
    fn shape(&self, shape: &[usize], axes: Option<&Tensor>) -> OpResult<Vec<usize>> {
        // A list of none is as good as none.
        let axes = axes.map(integers).filter(|axes| !axes.is_empty());
        let Some(axes) = axes.or_else(|| self.axes.clone()) else {
            return Ok(shape.iter().copied().filter(|size| *size != 1).collect());
        };
        let axes = axes.into_iter().map(|a| axis(a, shape.len())).collect::<OpResult<Vec<_>>>()?;
        if axes.iter().any(|axis| shape[*axis] != 1) {
            return Err(OpError::shape(format!("size 1 in axes {axes:?}"), &[shape]));
        }
        Ok(shape.iter().enumerate().filter(|(axis, _)| !axes.contains(axis)).map(|(_, size)| *size).collect())
    }
}

impl Op for Squeeze {
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
    fn squeeze() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 2, 1], &[1.0, 2.0]);
        case.gives(&[&x], &[2], &[1.0, 2.0]);
        case.gives(&[&x, &integers(&[1], &[-1])], &[1, 2], &[1.0, 2.0]);
        case.gives(&[&x, &integers(&[0], &[])], &[2], &[1.0, 2.0]);
        case.gives(&[&integers(&[1, 0], &[])], &[0], &[]);
        case.opset(12).with("axes", Attr::Ints(vec![0])).gives(&[&x], &[2, 1], &[1.0, 2.0]);
        case.shape_error(&[&x, &integers(&[1], &[1])]);
        case.graph_error(&[&x, &integers(&[1], &[3])]);
        case.with("axes", Attr::Ints(vec![0])).unsupported(&[]);
    }
}
