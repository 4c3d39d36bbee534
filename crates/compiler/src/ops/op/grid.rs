//! Planes, and windows that slide over them.

use hushproof_core::graph::{Conv, Shape};

use super::{
    attrs::Attr,
    error::{MAX_WORK, OpError, OpResult},
};

/// A tensor's values as planes, in the same order: N × C × H × W and N × C × L keep their axes, where N is 1; anything
/// else is a vector.
pub(crate) fn planes(shape: &[usize]) -> Shape {
    match *shape {
        [1, channels, height, width] => Shape { channels, height, width },
        [1, channels, width] => Shape { channels, height: 1, width },
        _ => Shape::vector(shape.iter().product()),
    }
}

/// Windows over planes: output (i, j) sees inputs i · stride + a · dilation − pad for the taps a of the kernel. A
/// signal has height 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Height and width of the input.
    pub(crate) from: [usize; 2],
    /// Height and width of the output.
    pub(crate) to: [usize; 2],
    /// Taps.
    pub(crate) kernel: [usize; 2],
    /// Distance of windows.
    pub(crate) stride: [usize; 2],
    /// Distance of taps.
    pub(crate) dilation: [usize; 2],
    /// Padding above and to the left.
    pub(crate) pad: [usize; 2],
    /// Padding below and to the right that the operator counts as input.
    pub(crate) pad_end: [usize; 2],
}

impl Default for Grid {
    fn default() -> Self {
        let (one, none) = ([1; 2], [0; 2]);
        Self { from: one, to: one, kernel: one, stride: one, dilation: one, pad: none, pad_end: none }
    }
}

impl Grid {
    /// One window over the whole of each plane.
    pub(in crate::ops) fn whole(shape: Shape) -> Self {
        let plane = [shape.height, shape.width];
        Self { from: plane, kernel: plane, ..Self::default() }
    }

    /// Shape of the output of `channels` channels for an input of this shape.
    pub(in crate::ops) fn shape(&self, input: &[usize], channels: usize) -> Vec<usize> {
        let spatial = if input.len() == 3 { &self.to[1..] } else { &self.to[..] };
        // Of a volume a single window is pooled.
        let depth = if input.len() == 5 { &[1][..] } else { &[] };
        [1, channels].iter().chain(depth).chain(spatial).copied().collect()
    }

    /// Shape of the input of `channels` channels for an output of this shape.
    pub(in crate::ops) fn input_shape(&self, output: &[usize], channels: usize) -> Vec<usize> {
        let spatial = if output.len() == 3 { &self.from[1..] } else { &self.from[..] };
        [1, channels].iter().chain(spatial).copied().collect()
    }

    /// Output planes.
    pub(in crate::ops) const fn planes(&self, channels: usize) -> Shape {
        Shape { channels, height: self.to[0], width: self.to[1] }
    }

    /// Refuses pooling of more values than a step of importing may read.
    pub(in crate::ops) fn check_work(&self, channels: usize) -> OpResult<()> {
        let work = [channels, self.taps(), self.to[0], self.to[1]];
        match work.iter().try_fold(1usize, |work, n| work.checked_mul(*n)) {
            Some(work) if work as u64 <= MAX_WORK => Ok(()),
            _ => Err(OpError::Graph(format!("its windows hold more than {MAX_WORK} values"))),
        }
    }

    /// Taps of a window.
    pub(in crate::ops) const fn taps(&self) -> usize {
        self.kernel[0].saturating_mul(self.kernel[1])
    }

    /// The attributes of a window with these sizes, over two axes.
    pub(in crate::ops) fn attributes(&self) -> Vec<(&'static str, Attr)> {
        let list = |sizes: &[usize]| Attr::Ints(sizes.iter().map(|size| *size as i64).collect());
        vec![
            ("kernel_shape", list(&self.kernel)),
            ("strides", list(&self.stride)),
            ("dilations", list(&self.dilation)),
            ("pads", list(&[self.pad, self.pad_end].concat())),
        ]
    }

    /// The convolution with `weights` over all channels.
    pub(in crate::ops) fn conv(&self, inputs: usize, outputs: usize, groups: usize, weights: Vec<f64>) -> Conv<f64> {
        Conv {
            input_start: 0,
            inputs,
            output_start: 0,
            outputs,
            groups,
            kernel: self.kernel,
            stride: self.stride,
            dilation: self.dilation,
            pad: self.pad.map(|pad| pad as isize),
            weights,
        }
    }

    /// For each output of an axis, the inputs that its window sees, and how many values of the padded input those are.
    pub(crate) fn windows(&self, axis: usize) -> Vec<(Vec<usize>, usize)> {
        let padded = self.from[axis] + self.pad[axis] + self.pad_end[axis];
        let window = |i: usize| {
            let taps = (0..self.kernel[axis]).map(|a| i * self.stride[axis] + a * self.dilation[axis]);
            let seen = taps.clone().filter_map(|at| at.checked_sub(self.pad[axis])).filter(|at| *at < self.from[axis]);
            (seen.collect(), taps.filter(|at| *at < padded).count())
        };
        (0..self.to[axis]).map(window).collect()
    }

    /// The taps of window `i` of an axis that see an input, with that input.
    pub(in crate::ops) fn taps_at(&self, axis: usize, i: usize) -> Vec<(usize, usize)> {
        let input = |tap: usize| (i * self.stride[axis] + tap * self.dilation[axis]).checked_sub(self.pad[axis]);
        let taps = (0..self.kernel[axis]).filter_map(|tap| Some((tap, input(tap)?)));
        taps.filter(|(_, input)| *input < self.from[axis]).collect()
    }

    /// The largest value of each window of each plane.
    pub(crate) fn max(&self, x: &[f64]) -> Vec<f64> {
        let (rows, columns) = (self.windows(0), self.windows(1));
        let mut y = vec![];
        for plane in x.chunks_exact(self.from[0] * self.from[1]) {
            for (rows, _) in &rows {
                for (columns, _) in &columns {
                    let seen = rows.iter().flat_map(|i| columns.iter().map(move |j| i * self.from[1] + j));
                    y.push(seen.fold(f64::NEG_INFINITY, |most, index| most.max(plane[index])));
                }
            }
        }
        y
    }
}
