//! [PRelu](https://onnx.ai/onnx/operators/onnx__PRelu.html): y = x where x ≥ 0, else slope · x, with slopes that
//! broadcast to x. Opset 7+.
//!
//! The slopes go into the weights that read the result. Unsupported: slopes that differ within a channel or are
//! computed.

use hushproof_core::graph::FloatActivation;

use super::op::{Attrs, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand, planes, tensor};
use crate::tensor::{Fact, Tensor, broadcast, broadcast_indices};

pub(super) const DEF: OpDef = OpDef {
    onnx: "PRelu",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "x where x ≥ 0, else slope · x; one constant slope per channel",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct PRelu;

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Box::new(PRelu))
}

impl Op for PRelu {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let (x, slope) = (inputs.get(0)?.float()?.fact, inputs.get(1)?.float()?.fact);
        if broadcast(&slope.shape, &x.shape).as_ref() != Some(&x.shape) {
            return Err(OpError::shape(format!("slopes that broadcast to {:?}", x.shape), &[&slope.shape]));
        }
        Ok(vec![x.clone()])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let (x, slope) = (inputs.get(0)?, inputs.get(1)?);
        let indices = broadcast_indices(slope.shape(), x.shape());
        let y = x.data().iter().zip(indices).map(|(x, i)| if *x < 0.0 { slope.data()[i] * x } else { *x });
        Ok(vec![tensor(x.fact().clone(), y.collect())?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let (x, slope) = (inputs.get(0)?, inputs.get(1)?.constant("the slopes")?);
        let slopes: Vec<_> =
            broadcast_indices(slope.shape(), &x.fact.shape).into_iter().map(|i| slope.data()[i]).collect();
        let channels = slopes.chunks_exact(planes(&x.fact.shape).plane());
        let uniform = |plane: &[f64]| plane.iter().all(|slope| *slope == plane[0]).then_some(plane[0]);
        let slope = channels.map(uniform).collect::<Option<_>>();
        let slope = slope.ok_or_else(|| OpError::unsupported("slopes that differ within a channel"))?;
        Ok(vec![Lowered::Function(FloatActivation::PRelu { slope })])
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, private};

    #[test]
    fn p_relu() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 2, 1, 2], &[-1.0, 2.0, -3.0, -4.0]);
        case.gives(&[&x, &constant(&[2, 1, 1], &[0.5, 2.0])], &[1, 2, 1, 2], &[-0.5, 2.0, -6.0, -8.0]);
        case.gives(&[&x, &constant(&[1], &[0.5])], &[1, 2, 1, 2], &[-0.5, 2.0, -1.5, -2.0]);
        case.unsupported(&[&x, &constant(&[2], &[0.5, 2.0])]);
        case.unsupported(&[&x, &private(&[1], &[0.5])]);
        case.shape_error(&[&x, &constant(&[3, 1, 1], &[0.0; 3])]);
        case.shape_error(&[&private(&[1], &[0.0]), &constant(&[2], &[0.0; 2])]);
    }
}
