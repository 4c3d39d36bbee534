//! [ConvTranspose](https://onnx.ai/onnx/operators/onnx__ConvTranspose.html) over one or two spatial axes, with strides,
//! padding, output padding, dilations and groups. Opset 1+.
//!
//! Exact: weights and bias are constants of the layer. Unsupported: computed weights, `output_shape`, automatic
//! padding.

use hushproof_core::graph::{Map, Sparse, conv::accumulate};

use super::{
    conv::{bias, check_bias},
    op::{Attrs, Grid, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand, tensor},
    support::spatial::{MAX_ENTRIES, Window, image},
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "ConvTranspose",
    opsets: 1..=27,
    inputs: 2..=3,
    summary: "transposed convolution over one or two axes; strides, pads, dilations, groups; constant weights",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct ConvTranspose {
    window: Window,
    groups: usize,
    output_padding: Option<Vec<i64>>,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let window = Window::parse(&mut attrs);
    if window.is_automatic() {
        attrs.reject("auto_pad");
    }
    let groups = usize::try_from(attrs.int("group").unwrap_or(1)).unwrap_or(0);
    let output_padding = attrs.ints("output_padding");
    attrs.finish()?;
    Ok(Box::new(ConvTranspose { window, groups, output_padding }))
}

impl ConvTranspose {
    /// Windows of the convolution that this is the transpose of, and channels of the output.
    fn grid(&self, x: &[usize], weights: &[usize]) -> OpResult<(Grid, usize)> {
        let channels = image(x)?.channels;
        let misfit = || {
            let expected = format!("weights [{channels}, outputs / {} groups, kernel …]", self.groups);
            OpError::shape(expected, &[x, weights])
        };
        let [inputs, outputs, kernel @ ..] = weights else { return Err(misfit()) };
        let groups = self.groups;
        if groups == 0 || *inputs != channels || inputs % groups != 0 || kernel.len() + 2 != x.len() || *outputs == 0 {
            return Err(misfit());
        }
        let grid = self.window.transposed(x, kernel, self.output_padding.as_deref())?;
        let entries = [*inputs, *outputs, grid.taps(), grid.to[0], grid.to[1]];
        match entries.iter().try_fold(1usize, |entries, n| entries.checked_mul(*n)) {
            Some(entries) if entries <= MAX_ENTRIES => Ok((grid, outputs.saturating_mul(groups))),
            _ => Err(OpError::Graph(format!("more than {MAX_ENTRIES} multiplications"))),
        }
    }

    fn map(&self, grid: &Grid, channels: usize, outputs: usize, weights: &Tensor) -> Sparse<f64> {
        let (inputs, outputs) = (channels / self.groups, outputs / self.groups);
        let [height, width] = grid.from;
        let columns = (0..channels * grid.to[0] * grid.to[1]).map(|element| {
            let (c, at) = (element / (grid.to[0] * grid.to[1]), element % (grid.to[0] * grid.to[1]));
            let (rows, cells) = (grid.taps_at(0, at / grid.to[1]), grid.taps_at(1, at % grid.to[1]));
            let (rows, cells) = (&rows, &cells);
            let entries = (0..outputs).flat_map(|o| {
                let plane = (c / inputs * outputs + o) * height * width;
                let kernel = &weights.data()[(c * outputs + o) * grid.taps()..];
                rows.iter().flat_map(move |(a, i)| {
                    cells.iter().map(move |(b, j)| ((plane + i * width + j) as u32, kernel[a * grid.kernel[1] + b]))
                })
            });
            entries.collect()
        });
        Sparse { columns: columns.collect() }
    }
}

impl Op for ConvTranspose {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let (x, weights) = (&inputs.get(0)?.float()?.fact.shape, &inputs.get(1)?.float()?.fact.shape);
        let (grid, outputs) = self.grid(x, weights)?;
        check_bias(inputs.optional(2), outputs)?;
        Ok(vec![Fact::float(grid.input_shape(x, outputs))])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let (x, weights) = (inputs.get(0)?, inputs.get(1)?);
        let (grid, outputs) = self.grid(x.shape(), weights.shape())?;
        let from = image(x.shape())?;
        let fact = Fact::float(grid.input_shape(x.shape(), outputs));
        let to = image(&fact.shape)?;
        let bias = bias(inputs.optional(2), outputs);
        let mut y: Vec<_> = bias.into_iter().flat_map(|bias| std::iter::repeat_n(bias, to.plane())).collect();
        let map = Map::Sparse(self.map(&grid, from.channels, outputs, weights));
        accumulate(&map, from, x.data(), &[], to, &mut y);
        Ok(vec![tensor(fact, y)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let x = &inputs.get(0)?.fact.shape;
        let weights = inputs.get(1)?.constant("the weights")?;
        let (grid, outputs) = self.grid(x, weights.shape())?;
        let bias = bias(inputs.optional(2).map(|bias| bias.constant("the bias")).transpose()?, outputs);
        let map = self.map(&grid, image(x)?.channels, outputs, weights);
        Ok(vec![Lowered::Map { map: Map::Sparse(map), bias }])
    }
}

#[cfg(test)]
mod tests;
