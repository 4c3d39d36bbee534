//! [BatchNormalization](https://onnx.ai/onnx/operators/onnx__BatchNormalization.html) with its running statistics:
//! y = scale · (x − mean) / √(variance + epsilon) + bias per channel. Opset 7+.
//!
//! Exact: it goes into weights and biases. Unsupported: training mode, statistics that differ within a channel.

use super::op::{Affine, Attrs, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand, tensor};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "BatchNormalization",
    opsets: 1..=27,
    inputs: 5..=5,
    summary: "scale and offset per channel from constant statistics",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct BatchNormalization {
    epsilon: f64,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let epsilon = attrs.float("epsilon", 1e-5);
    attrs.ignore("momentum");
    if attrs.opset() < 9 && !attrs.flag("spatial", true) {
        attrs.reject("spatial = 0");
    }
    if attrs.opset() >= 14 && attrs.flag("training_mode", false) {
        attrs.reject("training_mode = 1");
    }
    attrs.finish()?;
    Ok(Box::new(BatchNormalization { epsilon }))
}

impl BatchNormalization {
    /// Scale and offset of every value of a tensor of this shape.
    fn coefficients(&self, shape: &[usize], statistics: [&Tensor; 4]) -> OpResult<Vec<(f64, f64)>> {
        let [scale, bias, mean, variance] = statistics.map(Tensor::data);
        let inner: usize = shape.iter().skip(2).product();
        let channel = |c: usize| {
            let deviation = (variance[c] + self.epsilon).sqrt();
            let factor = scale[c] / deviation;
            if deviation > 0.0 && factor.is_finite() {
                Ok((factor, bias[c] - mean[c] * factor))
            } else {
                Err(OpError::Graph(format!("the variance {} of channel {c} is not positive", variance[c])))
            }
        };
        let channels = (0..scale.len()).map(channel).collect::<OpResult<Vec<_>>>()?;
        let image = channels.into_iter().flat_map(|pair| std::iter::repeat_n(pair, inner)).collect::<Vec<_>>();
        Ok(image.repeat(shape.first().copied().unwrap_or(1)))
    }
}

impl Op for BatchNormalization {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = inputs.get(0)?.float()?.fact;
        let &[_, channels, ..] = &x.shape[..] else {
            return Err(OpError::shape("batch × channels × …", &[&x.shape]));
        };
        for index in 1..5 {
            let shape = &inputs.get(index)?.float()?.fact.shape;
            if *shape != [channels] {
                return Err(OpError::shape(format!("statistics of {channels} channels"), &[shape]));
            }
        }
        Ok(vec![x.clone()])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let statistics = [inputs.get(1)?, inputs.get(2)?, inputs.get(3)?, inputs.get(4)?];
        let coefficients = self.coefficients(x.shape(), statistics)?;
        let y = x.data().iter().zip(coefficients).map(|(x, (scale, shift))| x * scale + shift);
        Ok(vec![tensor(x.fact().clone(), y.collect())?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let x = inputs.get(0)?;
        if x.constant.is_some() {
            return Err(OpError::unsupported("the input must not be constant"));
        }
        let constant = |index: usize| inputs.get(index)?.constant("the statistics");
        let coefficients =
            self.coefficients(&x.fact.shape, [constant(1)?, constant(2)?, constant(3)?, constant(4)?])?;
        let terms = coefficients.iter().enumerate().map(|(i, (scale, _))| (i, *scale)).collect();
        let shift = coefficients.into_iter().map(|(_, shift)| shift).collect();
        Ok(vec![Lowered::Affine(vec![(0, Affine::elements(x.fact.len(), terms, shift))])])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, private},
    };

    #[test]
    fn batch_normalization() {
        let case = Case::new(&super::DEF).with("epsilon", Attr::Float(1.0)).with("momentum", Attr::Float(0.9));
        let channels = |a: f64, b: f64| constant(&[2], &[a, b]);
        let (scale, bias, mean, variance) =
            (channels(2.0, 1.0), channels(0.5, -1.0), channels(1.0, 2.0), channels(3.0, 0.0));
        let x = private(&[1, 2, 1, 2], &[1.0, 3.0, 0.0, 4.0]);
        case.gives(&[&x, &scale, &bias, &mean, &variance], &[1, 2, 1, 2], &[0.5, 2.5, -3.0, 1.0]);
        let x = private(&[1, 2], &[3.0, 4.0]);
        case.gives(&[&x, &scale, &bias, &mean, &variance], &[1, 2], &[2.5, 1.0]);
        case.graph_error(&[&x, &scale, &bias, &mean, &channels(-1.0, 1.0)]);
        case.shape_error(&[&private(&[2], &[0.0; 2]), &scale, &bias, &mean, &variance]);
        case.shape_error(&[&private(&[1, 3], &[0.0; 3]), &scale, &bias, &mean, &variance]);
        case.unsupported(&[&x, &scale, &bias, &mean, &channels(1.0, 1.0).into_private()]);
        case.with("training_mode", Attr::Int(1)).unsupported(&[]);
        case.opset(8).with("spatial", Attr::Int(0)).unsupported(&[]);
    }
}
