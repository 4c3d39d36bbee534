//! What convolutions and pools share: windows that slide over one or two spatial axes.

use hushproof_core::graph::Shape;

use crate::ops::op::{Attrs, Grid, Id, OpError, OpResult, Rewriter, planes};

/// Largest kernel, stride, dilation or padding that is read.
const MAX_SIZE: i64 = 1 << 24;

/// Most nonzero entries of a map without structure.
pub(in crate::ops) const MAX_ENTRIES: usize = 1 << 24;

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

/// The planes of an image or signal, or those of a volume with its depth beside its height.
///
/// # Errors
/// If there is no channel axis, another number of spatial axes than 1 to 3, or a batch.
pub(in crate::ops) fn volume(shape: &[usize]) -> OpResult<Shape> {
    match *shape {
        [1, channels, depth, height, width] => match depth.checked_mul(height) {
            Some(height) => Ok(Shape { channels, height, width }),
            None => Err(OpError::shape("fewer values", &[shape])),
        },
        _ => image(shape),
    }
}

/// What an operator that pools each channel of a volume as a whole gives; none for other tensors.
pub(in crate::ops) fn flattened(op: &str, x: Id, to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
    let shape = to.shape(x);
    if shape.len() != 5 {
        return Ok(None);
    }
    let planes = volume(&shape)?;
    let x = to.reshape(x, &[1, planes.channels, planes.height, planes.width])?;
    let y = to.op(op, &[x])?;
    to.reshape(y, &[1, planes.channels, 1, 1, 1]).map(|y| Some(vec![y]))
}

/// Attributes of a sliding window.
#[derive(Debug, Clone)]
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

    /// The window over the depth of a volume, and that over its planes.
    ///
    /// # Errors
    /// If an attribute has not a value for each of three axes.
    pub(in crate::ops) fn split(&self) -> OpResult<[Self; 2]> {
        let part = |list: &Option<Vec<usize>>, sides: usize, is_depth: bool| match list {
            None => Ok(None),
            Some(list) if list.len() == 3 * sides => {
                Ok(Some((0..list.len()).filter(|i| (i % 3 == 0) == is_depth).map(|i| list[i]).collect::<Vec<_>>()))
            }
            Some(list) => Err(OpError::Graph(format!("an attribute has {} values for 3 spatial axes", list.len()))),
        };
        let window = |is_depth: bool| {
            Ok(Self {
                kernel: part(&self.kernel, 1, is_depth)?,
                strides: part(&self.strides, 1, is_depth)?,
                dilations: part(&self.dilations, 1, is_depth)?,
                pads: part(&self.pads, 2, is_depth)?,
                ..self.clone()
            })
        };
        Ok([window(true)?, window(false)?])
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

impl Grid {
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
}

#[cfg(test)]
mod tests;
