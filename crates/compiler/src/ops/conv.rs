//! [Conv](https://onnx.ai/onnx/operators/onnx__Conv.html) over one or two spatial axes, with strides, padding,
//! dilations and groups. Opset 1+.
//!
//! Exact: weights and bias are constants of the layer. Unsupported: computed weights, more than two spatial axes.

use hushproof_core::graph::{Map, conv::accumulate};

use super::{
    op::{Attrs, Grid, Inputs, Lowered, MAX_WORK, Op, OpDef, OpError, OpResult, Operand, tensor},
    support::spatial::{Window, image},
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Conv",
    opsets: 7..=27,
    inputs: 2..=3,
    summary: "convolution over one or two axes; strides, pads, dilations, groups; constant weights",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct Conv {
    window: Window,
    groups: usize,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let window = Window::parse(&mut attrs);
    let groups = usize::try_from(attrs.int("group").unwrap_or(1)).unwrap_or(0);
    attrs.finish()?;
    Ok(Box::new(Conv { window, groups }))
}

impl Conv {
    /// Windows, and channels of the output.
    fn grid(&self, x: &[usize], weights: &[usize]) -> OpResult<(Grid, usize)> {
        let channels = image(x)?.channels;
        let misfit = || {
            let expected = format!("weights [outputs, {channels} / {} groups, kernel …]", self.groups);
            OpError::shape(expected, &[x, weights])
        };
        let [outputs, inputs, kernel @ ..] = weights else { return Err(misfit()) };
        let groups = self.groups;
        let divides = groups > 0 && channels % groups == 0 && outputs % groups == 0 && *outputs > 0;
        if !divides || channels / groups != *inputs || kernel.len() + 2 != x.len() {
            return Err(misfit());
        }
        let grid = self.window.over(x, Some(kernel))?;
        let work = [*outputs, *inputs, grid.taps(), grid.to[0], grid.to[1]];
        match work.iter().try_fold(1usize, |work, n| work.checked_mul(*n)) {
            Some(work) if work as u64 <= MAX_WORK => Ok((grid, *outputs)),
            _ => Err(OpError::Graph(format!("more than {MAX_WORK} multiplications"))),
        }
    }
}

/// The bias of each of `outputs` channels.
pub(super) fn bias(tensor: Option<&Tensor>, outputs: usize) -> Vec<f64> {
    tensor.map_or_else(|| vec![0.0; outputs], |bias| bias.data().to_vec())
}

/// Refuses a bias that is not one number per output channel.
pub(super) fn check_bias(bias: Option<Operand<'_>>, outputs: usize) -> OpResult<()> {
    match bias.map(Operand::float).transpose()? {
        Some(bias) if bias.fact.shape != [outputs] => {
            Err(OpError::shape(format!("a bias of {outputs} values"), &[&bias.fact.shape]))
        }
        _ => Ok(()),
    }
}

impl Op for Conv {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let (x, weights) = (&inputs.get(0)?.float()?.fact.shape, &inputs.get(1)?.float()?.fact.shape);
        let (grid, outputs) = self.grid(x, weights)?;
        check_bias(inputs.optional(2), outputs)?;
        Ok(vec![Fact::float(grid.shape(x, outputs))])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let (x, weights) = (inputs.get(0)?, inputs.get(1)?);
        let (grid, outputs) = self.grid(x.shape(), weights.shape())?;
        let from = image(x.shape())?;
        let to = grid.planes(outputs);
        let bias = bias(inputs.optional(2), outputs);
        let mut y: Vec<_> = bias.into_iter().flat_map(|bias| std::iter::repeat_n(bias, to.plane())).collect();
        let map = Map::Conv(grid.conv(from.channels, outputs, self.groups, weights.data().to_vec()));
        accumulate(&map, from, x.data(), &[], to, &mut y);
        Ok(vec![tensor(Fact::float(grid.shape(x.shape(), outputs)), y)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let x = &inputs.get(0)?.fact.shape;
        let weights = inputs.get(1)?.constant("the weights")?;
        let (grid, outputs) = self.grid(x, weights.shape())?;
        let bias = bias(inputs.optional(2).map(|bias| bias.constant("the bias")).transpose()?, outputs);
        let map = grid.conv(image(x)?.channels, outputs, self.groups, weights.data().to_vec());
        Ok(vec![Lowered::Map { map: Map::Conv(map), bias }])
    }
}

#[cfg(test)]
mod tests;
