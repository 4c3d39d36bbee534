//! [Clip](https://onnx.ai/onnx/operators/onnx__Clip.html): y = min(max(x, min), max), element by element. Opset 6+; the
//! bounds are attributes up to 10 and constant inputs from 11.
//!
//! From 0 up it is exact on quantized values; otherwise the integer model has it in a table. Unsupported: computed
//! bounds.

use hushproof_core::graph::{FloatActivation, Function};

use super::{
    op::{Attrs, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand},
    support::elementwise,
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef =
    OpDef { onnx: "Clip", opsets: 7..=27, inputs: 1..=3, summary: "min(max(x, min), max)", marks: &[], parse };

#[derive(Debug)]
struct Clip {
    min: f64,
    max: f64,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let mut clip = Clip { min: f64::MIN, max: f64::MAX };
    if attrs.opset() < 11 {
        (clip.min, clip.max) = (attrs.float("min", clip.min), attrs.float("max", clip.max));
    }
    attrs.finish()?;
    Ok(Box::new(clip))
}

impl Clip {
    fn bounds(&self, min: Option<&Tensor>, max: Option<&Tensor>) -> OpResult<(f64, f64)> {
        let bound = |tensor: Option<&Tensor>, default: f64| match tensor.map(Tensor::data) {
            None => Ok(default),
            Some([value]) => Ok(*value),
            Some(_) => Err(OpError::Graph("a bound is no single number".into())),
        };
        let (min, max) = (bound(min, self.min)?, bound(max, self.max)?);
        if min >= max {
            return Err(OpError::Graph(format!("the bounds {min} and {max} leave no interval")));
        }
        Ok((min, max))
    }
}

impl Op for Clip {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = inputs.get(0)?;
        let bound = |index: usize| inputs.optional(index).map(|bound| bound.constant("a bound")).transpose();
        self.bounds(bound(1)?, bound(2)?)?;
        if x.constant.is_none() {
            x.float()?;
        }
        Ok(vec![x.fact.clone()])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let (min, max) = self.bounds(inputs.optional(1), inputs.optional(2))?;
        elementwise::map(inputs, |x| x.max(min).min(max))
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let bound = |index: usize| inputs.optional(index).map(|bound| bound.constant("a bound")).transpose();
        // Bounds beyond single precision are how exporters write none.
        let none = f64::from(f32::MAX);
        Ok(vec![match self.bounds(bound(1)?, bound(2)?)? {
            (min, max) if min <= -none && max >= none => Lowered::Reshape,
            (0.0, max) if max >= none => Lowered::Function(FloatActivation::Relu),
            (0.0, max) => Lowered::Function(FloatActivation::Clip { max }),
            (min, max) => Lowered::Function(FloatActivation::Table(Function::Clip { min, max })),
        }])
    }
}

#[cfg(test)]
mod tests;
