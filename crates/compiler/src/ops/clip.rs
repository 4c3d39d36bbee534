//! [Clip](https://onnx.ai/onnx/operators/onnx__Clip.html): y = min(max(x, min), max), element by element. Opset 6+; the
//! bounds are attributes up to 10 and constant inputs from 11.
//!
//! From 0 up, with a single bound, or with private ones it is exact on quantized values; otherwise the integer model
//! has it in a table. A bound that no value is beyond is none.

use hushproof_core::graph::{FloatActivation, Function};

use super::{
    op::{Attrs, Id, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand, Rewriter},
    support::{
        elementwise,
        extreme::{BEYOND, larger, smaller},
    },
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef =
    OpDef { onnx: "Clip", opsets: 1..=27, inputs: 1..=3, summary: "min(max(x, min), max)", marks: &[], parse };

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
        let bound = |index: usize| inputs.optional(index).and_then(|bound| bound.constant);
        self.bounds(bound(1), bound(2))?;
        let private = [1, 2].into_iter().filter_map(|index| inputs.optional(index)).find(|b| b.constant.is_none());
        if let Some(bound) = private.filter(|bound| bound.fact.len() != 1) {
            return Err(OpError::shape("a bound that is a single number", &[&bound.fact.shape]));
        }
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
        Ok(vec![match self.bounds(bound(1)?, bound(2)?)? {
            (min, max) if min <= -BEYOND && max >= BEYOND => Lowered::Reshape,
            (0.0, max) if max >= BEYOND => Lowered::Function(FloatActivation::Relu),
            (0.0, max) => Lowered::Function(FloatActivation::Clip { max }),
            (min, max) => Lowered::Function(FloatActivation::Table(Function::Clip { min, max })),
        }])
    }

    fn rewrite(&self, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        let given = Inputs(inputs);
        let (x, mut bounds) = (given.get(0)?, [given.optional(1), given.optional(2)]);
        if bounds.iter().flatten().all(|bound| to.value(*bound).is_some()) {
            let value = |bound: Option<Id>| bound.and_then(|bound| to.value(bound));
            let (min, max) = self.bounds(value(bounds[0]), value(bounds[1]))?;
            let (below, above) = (min > -BEYOND, max < BEYOND);
            if below == above || min == 0.0 {
                return Ok(None);
            }
            bounds = [below.then(|| to.number(min)).transpose()?, above.then(|| to.number(max)).transpose()?];
        }
        let [min, max] = bounds;
        let mut y = x;
        for (bound, is_least) in [(min, true), (max, false)] {
            let Some(bound) = bound else { continue };
            let bound = to.float(bound)?;
            let bound = to.reshape(bound, &[])?;
            y = if is_least { larger(to, y, bound)? } else { smaller(to, y, bound)? };
        }
        Ok(Some(vec![y]))
    }
}

#[cfg(test)]
mod tests;
