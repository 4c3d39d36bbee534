//! [Sum](https://onnx.ai/onnx/operators/onnx__Sum.html) of any number of tensors with numpy broadcasting. Opset 8+.
//!
//! Exact: constants go into the bias.

use super::op::{Affine, Attrs, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand, tensor};
use crate::tensor::{Fact, Tensor, broadcast, broadcast_indices};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Sum",
    opsets: 1..=27,
    inputs: 1..=1024,
    summary: "sum of all operands with broadcasting",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct Sum;

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Box::new(Sum))
}

fn shape(inputs: Inputs<'_, &Fact>) -> OpResult<Vec<usize>> {
    (0..inputs.0.len()).try_fold(vec![], |sum, index| {
        let shape = &inputs.get(index)?.shape;
        let misfit = || OpError::shape("shapes that broadcast to one another", &[&sum, shape]);
        broadcast(&sum, shape).ok_or_else(misfit)
    })
}

impl Op for Sum {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let facts = inputs.0.iter().map(|operand| operand.map(|operand| operand.float().map(|x| x.fact)).transpose());
        Ok(vec![Fact::float(shape(Inputs(&facts.collect::<OpResult<Vec<_>>>()?))?)])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let facts: Vec<_> = inputs.0.iter().map(|x| x.map(Tensor::fact)).collect();
        let shape = shape(Inputs(&facts))?;
        let mut sum = vec![0.0; shape.iter().product()];
        for x in inputs.0.iter().flatten() {
            let indices = broadcast_indices(x.shape(), &shape);
            sum.iter_mut().zip(indices).for_each(|(sum, i)| *sum += x.data()[i]);
        }
        Ok(vec![tensor(Fact::float(shape), sum)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let facts: Vec<_> = inputs.0.iter().map(|x| x.map(|x| x.fact)).collect();
        let shape = shape(Inputs(&facts))?;
        let mut shift = vec![0.0; shape.iter().product()];
        for constant in inputs.0.iter().flatten().filter_map(|x| x.constant) {
            let indices = broadcast_indices(constant.shape(), &shape);
            shift.iter_mut().zip(indices).for_each(|(shift, i)| *shift += constant.data()[i]);
        }
        let mut maps = vec![];
        for (index, x) in inputs.0.iter().enumerate().filter_map(|(i, x)| Some((i, (*x)?))) {
            if x.constant.is_none() {
                let terms = broadcast_indices(&x.fact.shape, &shape).into_iter().map(|i| (i, 1.0)).collect();
                let shift =
                    if maps.is_empty() { std::mem::take(&mut shift) } else { vec![0.0; shape.iter().product()] };
                maps.push((index, Affine::elements(x.fact.len(), terms, shift)));
            }
        }
        Ok(vec![Lowered::Affine(maps)])
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, private};

    #[test]
    fn sum() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 2], &[1.0, 2.0]);
        case.gives(&[&x], &[1, 2], &[1.0, 2.0]);
        case.gives(&[&x, &constant(&[1], &[10.0]), &x], &[1, 2], &[12.0, 14.0]);
        case.gives(&[&constant(&[2, 1], &[1.0, -1.0]), &x], &[2, 2], &[2.0, 3.0, 0.0, 1.0]);
        case.shape_error(&[&x, &private(&[1, 3], &[0.0; 3])]);
    }
}
