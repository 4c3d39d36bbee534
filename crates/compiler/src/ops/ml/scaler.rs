//! [Scaler](https://onnx.ai/onnx/operators/onnx_aionnxml_Scaler.html): y = (x − offset) · scale, per feature or the
//! same for all, in single precision. Operator sets 1 to 5.
//!
//! Affine, folded into what follows. Where trees alone read it, their decisions are those of the single-precision
//! result, bit by bit: it is a monotone function of x.

use super::{
    super::op::{Affine, Inputs, Lowered, Op, OpError, OpResult, Operand, RewriteDef, tensor, trees::Monotone},
    features::{per_feature, row},
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Scaler",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "(x − offset) · scale of each feature",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let offset = attrs.floats("offset");
        let scale = attrs.floats("scale");
        attrs.finish()?;
        let x = row(to, inputs)?;
        let features = to.len(x);
        let offset = per_feature(offset.unwrap_or_else(|| vec![0.0]), features, "offset")?;
        let scale = per_feature(scale.unwrap_or_else(|| vec![1.0]), features, "scale")?;
        if offset.iter().chain(&scale).any(|value| !value.is_finite()) {
            return Err(OpError::Graph("an offset or a scale that is not a finite number".to_owned()));
        }
        to.put("Scaler", Box::new(Scaler { offset, scale }), x)
    },
};

#[derive(Debug)]
struct Scaler {
    offset: Vec<f64>,
    scale: Vec<f64>,
}

impl Op for Scaler {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        Ok(vec![inputs.get(0)?.float()?.fact.clone()])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let scaled = |((x, offset), scale): ((&f64, &f64), &f64)| {
            Monotone::Scaled { offset: *offset as f32, scale: *scale as f32 }.apply(*x)
        };
        let y = x.data().iter().zip(&self.offset).zip(&self.scale).map(scaled).collect();
        Ok(vec![tensor(x.fact().clone(), y)?])
    }

    fn monotone(&self, element: usize) -> Option<Monotone> {
        let (offset, scale) = (*self.offset.get(element)? as f32, *self.scale.get(element)? as f32);
        (scale != 0.0 && offset.is_finite() && scale.is_finite()).then_some(Monotone::Scaled { offset, scale })
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let shift = self.offset.iter().zip(&self.scale).map(|(offset, scale)| -offset * scale).collect();
        let terms = self.scale.iter().copied().enumerate().collect();
        Ok(vec![Lowered::Affine(vec![(0, Affine::elements(self.scale.len(), terms, shift))])])
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, floats};

    #[test]
    fn scaler() {
        let case = Case::new(&super::DEF).with("offset", floats(&[1.0, -2.0])).with("scale", floats(&[2.0, -0.5]));
        case.gives(&[3.0, 4.0], &[&[4.0, -3.0]]);
        Case::new(&super::DEF).with("scale", floats(&[3.0])).gives(&[1.0, 2.0], &[&[3.0, 6.0]]);
        case.graph_error(3);
        case.with("scales", floats(&[1.0])).unsupported(2);
    }
}
