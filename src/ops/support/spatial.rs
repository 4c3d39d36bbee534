//! What convolutions and pools share: windows that slide over one or two spatial axes.

use crate::graph::planar::{Conv, Shape};
use crate::ops::{Attrs, MAX_WORK, OpError, OpResult};

/// Largest kernel, stride, dilation or padding that is read.
const MAX_SIZE: i64 = 1 << 24;

/// Most nonzero entries of a map without structure.
pub(in crate::ops) const MAX_ENTRIES: usize = 1 << 24;

/// A tensor's values as planes, in the same order: N × C × H × W and N × C × L keep their axes, where N is 1; anything
/// else is a vector.
pub(crate) fn planes(shape: &[usize]) -> Shape {
    match *shape {
        [1, channels, height, width] => Shape { channels, height, width },
        [1, channels, width] => Shape { channels, height: 1, width },
        _ => Shape::vector(shape.iter().product()),
    }
}

/// The planes of one image or signal, as spatial operators take it.
///
/// # Errors
/// If there is no channel axis, another number of spatial axes than 1 or 2, or a batch.
pub(in crate::ops) fn image(shape: &[usize]) -> OpResult<Shape> {
    match shape {
        [_, _, _] | [_, _, _, _] if shape[0] == 1 => Ok(planes(shape)),
        _ => Err(OpError::shape("1 × channels × one or two spatial axes", &[shape])),
    }
}

/// Attributes of a sliding window.
#[derive(Debug)]
pub(in crate::ops) struct Window {
    /// `kernel_shape`, if given.
    kernel: Option<Vec<usize>>,
    strides: Option<Vec<usize>>,
    dilations: Option<Vec<usize>>,
    pads: Option<Vec<usize>>,
    auto: Auto,
    ceil: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Auto {
    Explicit,
    Valid,
    SameUpper,
    SameLower,
}

impl Window {
    /// Takes the attributes that all such operators have.
    pub(in crate::ops) fn parse(attrs: &mut Attrs) -> Self {
        let mut sizes = |name: &str, least: i64| {
            let list = attrs.ints(name)?;
            match list.iter().all(|size| (least..=MAX_SIZE).contains(size)) {
                true => Some(list.into_iter().map(|size| size as usize).collect()),
                false => {
                    attrs.reject(format!("attribute `{name}` is {list:?}; {least} to {MAX_SIZE} is accepted"));
                    None
                }
            }
        };
        let (kernel, strides, dilations) = (sizes("kernel_shape", 1), sizes("strides", 1), sizes("dilations", 1));
        let pads = sizes("pads", 0);
        let auto = match attrs.text("auto_pad").as_deref() {
            None | Some("NOTSET") => Auto::Explicit,
            Some("VALID") => Auto::Valid,
            Some("SAME_UPPER") => Auto::SameUpper,
            Some("SAME_LOWER") => Auto::SameLower,
            Some(other) => {
                attrs.reject(format!("auto_pad = {other}"));
                Auto::Explicit
            }
        };
        Self { kernel, strides, dilations, pads, auto, ceil: false }
    }

    /// The same, for a pool.
    pub(in crate::ops) fn parse_pool(attrs: &mut Attrs) -> Self {
        let window = Self { ceil: attrs.opset() >= 10 && attrs.flag("ceil_mode", false), ..Self::parse(attrs) };
        if window.kernel.is_none() {
            attrs.reject("kernel_shape is missing");
        }
        window
    }

    /// The windows over a tensor of this shape, with the given spatial sizes of the kernel, or those of `kernel_shape`.
    ///
    /// # Errors
    /// If an attribute does not fit the number of axes, or the kernel is larger than the padded input.
    pub(in crate::ops) fn over(&self, shape: &[usize], kernel: Option<&[usize]>) -> OpResult<Grid> {
        let axes = image(shape).map(|_| shape.len() - 2)?;
        let kernel = match (kernel, &self.kernel) {
            (Some(kernel), Some(given)) if kernel != given => {
                return Err(OpError::shape(format!("weights with a kernel of {given:?}"), &[kernel]));
            }
            (Some(kernel), _) => kernel,
            (None, Some(kernel)) => kernel,
            (None, None) => &[],
        };
        let list = |given: &Option<Vec<usize>>, what: &str, per_axis: usize, default: usize| match given {
            Some(list) if list.len() == axes * per_axis => Ok(list.clone()),
            Some(list) => {
                Err(OpError::Graph(format!("attribute `{what}` has {} values for {axes} spatial axes", list.len())))
            }
            None => Ok(vec![default; axes * per_axis]),
        };
        let (strides, dilations) = (list(&self.strides, "strides", 1, 1)?, list(&self.dilations, "dilations", 1, 1)?);
        let pads = list(&self.pads, "pads", 2, 0)?;
        if kernel.len() != axes || kernel.contains(&0) {
            return Err(OpError::shape(format!("a kernel of {axes} axes that are not empty"), &[kernel]));
        }
        let mut grid = Grid::default();
        for axis in 0..axes {
            let to = axis + 2 - axes;
            let explicit = [pads[axis], pads[axes + axis]];
            let (stride, dilation) = (strides[axis], dilations[axis]);
            grid.axis(to, shape[axis + 2], kernel[axis], stride, dilation, explicit, self.auto, self.ceil)?;
        }
        Ok(grid)
    }

    /// Whether the padding depends on the size.
    pub(in crate::ops) fn is_automatic(&self) -> bool {
        matches!(self.auto, Auto::SameUpper | Auto::SameLower)
    }

    /// The windows whose transpose takes a tensor of this shape: its spatial axes are their output.
    ///
    /// # Errors
    /// If an attribute does not fit the number of axes, or padding leaves nothing.
    pub(in crate::ops) fn transposed(
        &self,
        shape: &[usize],
        kernel: &[usize],
        output_padding: Option<&[i64]>,
    ) -> OpResult<Grid> {
        let axes = image(shape).map(|_| shape.len() - 2)?;
        let mut large = vec![1, 1];
        for axis in 0..axes {
            let at = |list: &Option<Vec<usize>>, index: usize, default: usize| {
                list.as_ref().map_or(Some(default), |list| list.get(index).copied())
            };
            let extra = output_padding.map_or(Some(0), |list| usize::try_from(*list.get(axis)?).ok());
            let size = || {
                let reach = kernel.get(axis)?.checked_sub(1)?.checked_mul(at(&self.dilations, axis, 1)?)?;
                let pads = at(&self.pads, axis, 0)?.checked_add(at(&self.pads, axes + axis, 0)?)?;
                let steps = (shape[axis + 2] - 1).checked_mul(at(&self.strides, axis, 1)?)?;
                steps
                    .checked_add(reach)?
                    .checked_add(1)?
                    .checked_add(extra?)?
                    .checked_sub(pads)
                    .filter(|size| *size > 0)
            };
            large.push(size().ok_or_else(|| OpError::Graph("the attributes leave no output".into()))?);
        }
        let grid = self.over(&large, Some(kernel))?;
        let inner = if axes == 1 { [1, shape[2]] } else { [shape[2], shape[3]] };
        if grid.to != inner {
            return Err(OpError::Graph("the output padding does not fit the strides".into()));
        }
        Ok(grid)
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

    #[expect(clippy::too_many_arguments, reason = "the attributes of one axis")]
    fn axis(
        &mut self,
        axis: usize,
        size: usize,
        kernel: usize,
        stride: usize,
        dilation: usize,
        pads: [usize; 2],
        auto: Auto,
        ceil: bool,
    ) -> OpResult<()> {
        let reach = (kernel - 1).saturating_mul(dilation).saturating_add(1);
        let same = || (size.div_ceil(stride) - 1).saturating_mul(stride).saturating_add(reach).saturating_sub(size);
        let pads = match auto {
            Auto::Explicit => pads,
            Auto::Valid => [0, 0],
            Auto::SameUpper => [same() / 2, same().div_ceil(2)],
            Auto::SameLower => [same().div_ceil(2), same() / 2],
        };
        let padded = size.saturating_add(pads[0]).saturating_add(pads[1]);
        let Some(slack) = padded.checked_sub(reach) else {
            return Err(OpError::Graph(format!(
                "the kernel reaches over {reach} values, the padded input has {padded}"
            )));
        };
        let mut count = slack / stride + 1;
        if ceil && slack % stride != 0 && count * stride < size + pads[0] {
            count += 1;
        }
        self.from[axis] = size;
        self.to[axis] = count;
        self.kernel[axis] = kernel;
        self.stride[axis] = stride;
        self.dilation[axis] = dilation;
        [self.pad[axis], self.pad_end[axis]] = pads;
        Ok(())
    }

    /// Shape of the output of `channels` channels for an input of this shape.
    pub(in crate::ops) fn shape(&self, input: &[usize], channels: usize) -> Vec<usize> {
        let spatial = if input.len() == 3 { &self.to[1..] } else { &self.to[..] };
        [1, channels].iter().chain(spatial).copied().collect()
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

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::ops::Attr;

    fn window(attrs: &[(&str, Attr)]) -> OpResult<Window> {
        let values: BTreeMap<_, _> = attrs.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        let mut attrs = Attrs::new(17, values);
        let window = Window::parse_pool(&mut attrs);
        attrs.finish().map(|()| window)
    }

    #[test]
    fn shapes_become_planes() {
        assert_eq!(planes(&[1, 2, 3, 4]), Shape { channels: 2, height: 3, width: 4 });
        assert_eq!(planes(&[1, 2, 3]), Shape { channels: 2, height: 1, width: 3 });
        assert_eq!(planes(&[1, 2]), Shape::vector(2));
        assert_eq!(planes(&[2, 2, 3]), Shape::vector(12));
        assert_eq!(planes(&[]), Shape::vector(1));
    }

    #[test]
    fn padding_follows_the_rules() {
        let ints = |values: &[i64]| Attr::Ints(values.to_vec());
        let kernel = ("kernel_shape", ints(&[3, 2]));
        let grid = |attrs: &[(&str, Attr)]| window(attrs).and_then(|window| window.over(&[1, 1, 5, 6], None));
        let sizes = |attrs: &[(&str, Attr)]| grid(attrs).map(|grid| (grid.to, grid.pad));
        assert_eq!(sizes(&[kernel.clone()]), Ok(([3, 5], [0, 0])));
        let stride = ("strides", ints(&[2, 3]));
        assert_eq!(sizes(&[kernel.clone(), stride.clone()]), Ok(([2, 2], [0, 0])));
        let ceil = |stride: i64| sizes(&[kernel.clone(), ("strides", ints(&[2, stride])), ("ceil_mode", Attr::Int(1))]);
        assert_eq!((ceil(3), ceil(5)), (Ok(([2, 2], [0, 0])), Ok(([2, 2], [0, 0]))));
        assert_eq!(sizes(&[kernel.clone(), ("pads", ints(&[1, 0, 2, 1]))]), Ok(([6, 6], [1, 0])));
        let auto = |name: &str| ("auto_pad", Attr::Text(name.into()));
        assert_eq!(sizes(&[kernel.clone(), stride.clone(), auto("SAME_UPPER")]), Ok(([3, 2], [1, 0])));
        assert_eq!(sizes(&[kernel.clone(), auto("SAME_LOWER")]), Ok(([5, 6], [1, 1])));
        assert_eq!(sizes(&[kernel.clone(), auto("VALID")]), Ok(([3, 5], [0, 0])));
        let dilation = ("dilations", ints(&[2, 5]));
        assert_eq!(sizes(&[kernel.clone(), dilation]), Ok(([1, 1], [0, 0])));
        let reach = grid(&[kernel.clone(), ("dilations", ints(&[2, 6]))]);
        assert!(
            matches!(reach, Err(OpError::Graph(reason)) if reason.contains("over 7 values, the padded input has 6"))
        );
        assert!(matches!(grid(&[kernel.clone(), ("strides", ints(&[1]))]), Err(OpError::Graph(_))));
        for bad in
            [("strides", ints(&[0, 1])), ("pads", ints(&[-1; 4])), ("dilations", ints(&[i64::MAX; 2])), auto("?")]
        {
            assert!(matches!(grid(&[kernel.clone(), bad]), Err(OpError::Unsupported(_))));
        }
        assert!(matches!(grid(&[]), Err(OpError::Unsupported(_))));
        assert!(matches!(window(&[kernel]).unwrap().over(&[2, 1, 5, 6], None), Err(OpError::Shape { .. })));
    }
}
