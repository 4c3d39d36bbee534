//! [Conv](https://onnx.ai/onnx/operators/onnx__Conv.html) over one to three spatial axes, with strides, padding,
//! dilations and groups. Opset 1+.
//!
//! Exact: weights and bias are constants of the layer. A long stride becomes channels, one for each place between two
//! windows; a volume a convolution of planes for each depth of the result. Unsupported: computed weights.

use hushproof_core::graph::{Map, conv::accumulate};

use super::{
    op::{Attr, Attrs, Grid, Id, Inputs, Lowered, MAX_WORK, Op, OpDef, OpError, OpResult, Operand, Rewriter, tensor},
    support::{
        shapes::grown,
        spatial::{Window, image},
    },
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Conv",
    opsets: 1..=27,
    inputs: 2..=3,
    summary: "convolution over one to three axes; strides, pads, dilations, groups; constant weights",
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

/// Longest stride that is kept.
const MAX_STRIDE: usize = 32;
/// Most depths of a result, each of which is a convolution of its own.
const MAX_DEPTHS: usize = 1 << 10;

/// A convolution of a volume: for each depth of the result one of planes, whose channels are those of the slices that
/// its window sees.
struct Volume {
    /// Windows over the depth, as over a signal.
    depth: Grid,
    /// The convolution of planes, and the shapes of its input and weights.
    planes: Conv,
    x: [usize; 4],
    weights: [usize; 4],
}

impl Volume {
    fn new(conv: &Conv, x: &[usize], weights: &[usize]) -> OpResult<Option<Self>> {
        let (&[batch, channels, depth, height, width], &[outputs, inputs, taps, rows, columns]) = (x, weights) else {
            return Ok(None);
        };
        let [deep, window] = conv.window.split()?;
        let depth = deep.over(&[batch, channels, depth], Some(&[taps]))?;
        grown(0, &[channels, taps, height, width])?;
        grown(0, &[outputs, inputs, taps, rows, columns])?;
        let planes = Conv { window, groups: conv.groups };
        let (x, weights) = ([1, channels * taps, height, width], [outputs, inputs * taps, rows, columns]);
        Ok(Some(Self { depth, planes, x, weights }))
    }

    /// Shape of the result.
    fn shape(&self) -> OpResult<Vec<usize>> {
        let (grid, outputs) = self.planes.grid(&self.x, &self.weights)?;
        grown(0, &[outputs, self.depth.to[1], grid.to[0], grid.to[1]])?;
        if self.depth.to[1] > MAX_DEPTHS {
            return Err(OpError::Graph(format!("a result of more than {MAX_DEPTHS} depths")));
        }
        Ok(vec![1, outputs, self.depth.to[1], grid.to[0], grid.to[1]])
    }

    /// The element of the volume in each place of the planes for one depth of the result.
    fn sources(&self, at: usize) -> Vec<Option<u32>> {
        let ([_, channels, height, width], from, taps) = (self.x, self.depth.from[1], self.depth.kernel[1]);
        let seen = self.depth.taps_at(1, at);
        let plane = height * width;
        let slice = |channel: usize| {
            let depth = seen.iter().find(|(tap, _)| *tap == channel % taps).map(|(_, depth)| *depth);
            let start = depth.map(|depth| (channel / taps * from + depth) * plane);
            (0..plane).map(move |i| Some((start? + i) as u32))
        };
        (0..channels).flat_map(slice).collect()
    }
}

/// The convolution of stride 1 that one of long strides is of other planes: the places between two windows are
/// channels.
struct Unstrided {
    /// Element of the input in each place of those planes.
    sources: Vec<Option<u32>>,
    x: Vec<usize>,
    weights: Vec<f64>,
    shape: Vec<usize>,
}

impl Unstrided {
    fn new(grid: &Grid, channels: usize, weights: &Tensor) -> OpResult<Self> {
        let ([rows, columns], [outputs, inputs]) = (grid.stride, [weights.shape()[0], weights.shape()[1]]);
        let reach = |axis: usize| (grid.kernel[axis] - 1) * grid.dilation[axis];
        let kernel = [reach(0) / rows + 1, reach(1) / columns + 1];
        let size = [grid.to[0] + kernel[0] - 1, grid.to[1] + kernel[1] - 1];
        grown(0, &[channels, rows, columns, size[0], size[1]])?;
        grown(weights.data().len(), &[outputs, inputs, rows, columns, kernel[0], kernel[1]])?;
        let input = |axis: usize, place: usize, i: usize| {
            let at = (i * grid.stride[axis] + place).checked_sub(grid.pad[axis])?;
            (at < grid.from[axis]).then_some(at)
        };
        let mut sources = vec![];
        for channel in 0..channels {
            for place in 0..rows * columns {
                for i in 0..size[0] {
                    sources.extend((0..size[1]).map(|j| {
                        let (i, j) = (input(0, place / columns, i)?, input(1, place % columns, j)?);
                        Some(((channel * grid.from[0] + i) * grid.from[1] + j) as u32)
                    }));
                }
            }
        }
        let places = rows * columns;
        let mut moved = vec![0.0; outputs * inputs * places * kernel[0] * kernel[1]];
        for (index, weight) in weights.data().iter().enumerate() {
            let (map, tap) = (index / grid.taps(), index % grid.taps());
            let (i, j) = (tap / grid.kernel[1] * grid.dilation[0], tap % grid.kernel[1] * grid.dilation[1]);
            let place = map * places + i % rows * columns + j % columns;
            moved[(place * kernel[0] + i / rows) * kernel[1] + j / columns] = *weight;
        }
        Ok(Self {
            sources,
            x: vec![1, channels * places, size[0], size[1]],
            weights: moved,
            shape: vec![outputs, inputs * places, kernel[0], kernel[1]],
        })
    }
}

impl Op for Conv {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let (x, weights) = (&inputs.get(0)?.float()?.fact.shape, &inputs.get(1)?.float()?.fact.shape);
        if let Some(volume) = Volume::new(self, x, weights)? {
            check_bias(inputs.optional(2), volume.weights[0])?;
            return Ok(vec![Fact::float(volume.shape()?)]);
        }
        let (grid, outputs) = self.grid(x, weights)?;
        check_bias(inputs.optional(2), outputs)?;
        Ok(vec![Fact::float(grid.shape(x, outputs))])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let (x, weights) = (inputs.get(0)?, inputs.get(1)?);
        if let Some(volume) = Volume::new(self, x.shape(), weights.shape())? {
            let shape = volume.shape()?;
            let (depths, plane) = (shape[2], shape[3] * shape[4]);
            let weights = tensor(Fact::float(volume.weights.to_vec()), weights.data().to_vec())?;
            let mut y = vec![0.0; shape.iter().product()];
            for at in 0..depths {
                let value = |source: &Option<u32>| source.map_or(0.0, |source| x.data()[source as usize]);
                let planes = volume.sources(at).iter().map(value).collect();
                let planes = tensor(Fact::float(volume.x.to_vec()), planes)?;
                let part = volume.planes.eval(Inputs(&[Some(&planes), Some(&weights), inputs.optional(2)]))?;
                let part = part.first().map(Tensor::data).unwrap_or_default();
                for (channel, values) in part.chunks_exact(plane).enumerate() {
                    let start = (channel * depths + at) * plane;
                    y[start..start + plane].copy_from_slice(values);
                }
            }
            return Ok(vec![tensor(Fact::float(shape), y)?]);
        }
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

    fn rewrite(&self, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        let given = Inputs(inputs);
        let (x, weights) = (given.get(0)?, given.get(1)?);
        let group = ("group", Attr::Int(self.groups as i64));
        let shape = to.shape(x);
        if let Some(volume) = Volume::new(self, &shape, &to.shape(weights))? {
            let (grid, _) = volume.planes.grid(&volume.x, &volume.weights)?;
            let attrs = [grid.attributes(), vec![group]].concat();
            let weights = to.reshape(weights, &volume.weights)?;
            let mut slices = vec![];
            for at in 0..volume.depth.to[1] {
                let planes = to.select(x, volume.x.to_vec(), volume.sources(at), 0.0)?;
                slices.extend(to.all("Conv", &attrs, &[Some(planes), Some(weights), given.optional(2)])?);
            }
            return Ok(Some(vec![to.stacked(&slices, 2)?]));
        }
        let Some(constant) = to.value(weights) else { return Ok(None) };
        let (grid, outputs) = self.grid(&shape, constant.shape())?;
        if grid.stride.iter().all(|stride| *stride <= MAX_STRIDE) {
            return Ok(None);
        }
        let parts = Unstrided::new(&grid, image(&shape)?.channels, constant)?;
        let planes = to.select(x, parts.x, parts.sources, 0.0)?;
        let weights = to.floats(&parts.shape, parts.weights)?;
        let y = to.all("Conv", &[group], &[Some(planes), Some(weights), given.optional(2)])?;
        let y = y.first().copied().ok_or_else(|| OpError::Graph("has no output".into()))?;
        Ok(Some(vec![to.reshape(y, &grid.shape(&shape, outputs))?]))
    }
}

#[cfg(test)]
mod tests;
