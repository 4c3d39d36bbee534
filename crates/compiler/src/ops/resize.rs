//! [Resize](https://onnx.ai/onnx/operators/onnx__Resize.html): the nearest values, or sums of neighbours weighted
//! linearly or cubically along each axis. Opset 10+; sizes may replace the scales from 11, `antialias` and
//! `keep_aspect_ratio_policy` are from 18.
//!
//! Exact: nearest values are only repeated or dropped, the others are a constant linear map of the input. Unsupported:
//! an `extrapolation_value` other than 0 between values.

use hushproof_core::graph::{Map, Sparse};

use super::{
    op::{Attrs, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand, axis, integers, planes, tensor},
    support::{
        moves::{self, Moves},
        shapes::grown,
        spatial::MAX_ENTRIES,
    },
};
use crate::tensor::{DType, Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Resize",
    opsets: 10..=27,
    inputs: 2..=4,
    summary: "nearest, linear or cubic, constant scales or sizes",
    marks: &[Mark::EmptyIsAbsent],
    parse,
};

/// What a value is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Nearest,
    Linear,
    Cubic,
}

/// An axis, and how it is resized.
#[derive(Debug, Clone, Copy)]
struct Axis {
    from: usize,
    to: usize,
    scale: f64,
    /// Part of the input that is resized, in shares of its length.
    region: (f64, f64),
}

impl Axis {
    const fn whole(from: usize, to: usize, scale: f64) -> Self {
        Self { from, to, scale, region: (0.0, 1.0) }
    }
}

/// The constant inputs: scales, sizes and regions.
type Given<'a> = [Option<&'a Tensor>; 3];

#[derive(Debug)]
struct Resize {
    mode: Mode,
    /// Coordinate of an output in the input.
    coordinate: fn(&Axis, f64) -> f64,
    /// Whole coordinate nearest to it.
    nearest: fn(f64) -> f64,
    /// Whether coordinates outside of the input give `extrapolation` instead of what is at the border.
    crops: bool,
    extrapolation: f64,
    /// Parameter of the cubic.
    cubic: f64,
    exclude_outside: bool,
    antialias: bool,
    /// Which of the axes' scales is that of all, from sizes; none if each has its own.
    policy: Option<fn(f64, f64) -> f64>,
    axes: Option<Vec<i64>>,
    opset: i64,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let opset = attrs.opset();
    let mode = match attrs.text("mode").as_deref() {
        None | Some("nearest") => Mode::Nearest,
        Some("linear") => Mode::Linear,
        Some("cubic") if opset >= 11 => Mode::Cubic,
        Some(other) => {
            attrs.reject(format!("mode = {other}"));
            Mode::Nearest
        }
    };
    let asymmetric: fn(&Axis, f64) -> f64 = |axis, at| at / axis.scale;
    let mut op = Resize {
        mode,
        coordinate: asymmetric,
        nearest: f64::floor,
        crops: false,
        extrapolation: 0.0,
        cubic: -0.75,
        exclude_outside: false,
        antialias: false,
        policy: None,
        axes: None,
        opset,
    };
    if opset >= 11 {
        let name = attrs.text("coordinate_transformation_mode").unwrap_or_else(|| "half_pixel".into());
        match coordinate(&name) {
            Some(coordinate) => op.coordinate = coordinate,
            None => attrs.reject(format!("coordinate_transformation_mode = {name}")),
        }
        op.crops = name == "tf_crop_and_resize";
        op.nearest = match attrs.text("nearest_mode").as_deref() {
            None | Some("round_prefer_floor") => |x| (x - 0.5).ceil(),
            Some("round_prefer_ceil") => |x| (x + 0.5).floor(),
            Some("floor") => f64::floor,
            Some("ceil") => f64::ceil,
            Some(other) => {
                attrs.reject(format!("nearest_mode = {other}"));
                f64::floor
            }
        };
        op.cubic = attrs.float("cubic_coeff_a", -0.75);
        op.extrapolation = attrs.float("extrapolation_value", 0.0);
        op.exclude_outside = attrs.flag("exclude_outside", false);
        if op.crops && mode != Mode::Nearest && op.extrapolation != 0.0 {
            attrs.reject("an extrapolation_value other than 0 between values");
        }
    }
    if opset >= 18 {
        op.axes = attrs.ints("axes");
        op.antialias = attrs.flag("antialias", false);
        op.policy = match attrs.text("keep_aspect_ratio_policy").as_deref() {
            None | Some("stretch") => None,
            Some("not_larger") => Some(f64::min),
            Some("not_smaller") => Some(f64::max),
            Some(other) => {
                attrs.reject(format!("keep_aspect_ratio_policy = {other}"));
                None
            }
        };
    }
    attrs.finish()?;
    Ok(Box::new(op))
}

/// The coordinate in the input of an output's, by the name that ONNX gives the transformation.
fn coordinate(name: &str) -> Option<fn(&Axis, f64) -> f64> {
    Some(match name {
        "half_pixel" => |axis, at| (at + 0.5) / axis.scale - 0.5,
        "asymmetric" => |axis, at| at / axis.scale,
        "pytorch_half_pixel" => |axis, at| if axis.to > 1 { (at + 0.5) / axis.scale - 0.5 } else { 0.0 },
        "half_pixel_symmetric" => |axis, at| {
            let length = axis.from as f64;
            let offset = length / 2.0 * (1.0 - axis.to as f64 / (axis.scale * length));
            offset + (at + 0.5) / axis.scale - 0.5
        },
        "align_corners" => |axis, at| {
            let (last, length) = ((axis.from - 1) as f64, axis.scale * axis.from as f64);
            if length == 1.0 { 0.0 } else { at * last / (length - 1.0) }
        },
        "tf_crop_and_resize" => |axis, at| {
            let (last, length) = ((axis.from - 1) as f64, axis.scale * axis.from as f64);
            let (start, end) = axis.region;
            let inside = if length == 1.0 { 0.5 } else { at / (length - 1.0) };
            (start + inside * (end - start)) * last
        },
        _ => return None,
    })
}

/// The nearest values along each axis of given size and scale; `at` gives the coordinate in the input.
pub(super) fn nearest(shape: &[usize], scales: &[(usize, f64)], at: impl Fn(f64, f64) -> f64) -> OpResult<Moves> {
    let sizes: Vec<_> = scales.iter().map(|(size, _)| *size).collect();
    Moves::resized(shape, &sizes, |axis, i| {
        Some(at(scales[axis].1, i as f64).clamp(0.0, (shape[axis] - 1) as f64) as usize)
    })
}

/// Size of the output of each axis with its scale.
pub(super) fn scaled(shape: &[usize], scales: &[f64]) -> OpResult<Vec<(usize, f64)>> {
    if scales.len() != shape.len() {
        return Err(OpError::Graph(format!("{} scales for {} axes", scales.len(), shape.len())));
    }
    let scaled = |(size, scale): (&usize, &f64)| {
        let to = (*size as f64 * scale).floor();
        Ok((moves::size((to >= 1.0 && to.is_finite()).then_some(to as usize))?, *scale))
    };
    shape.iter().zip(scales).map(scaled).collect()
}

impl Resize {
    /// How each axis of a tensor is resized.
    fn axes(&self, shape: &[usize], [scales, sizes, regions]: Given<'_>) -> OpResult<Vec<Axis>> {
        let named: Vec<usize> = match &self.axes {
            Some(axes) => axes.iter().map(|name| axis(*name, shape.len())).collect::<OpResult<_>>()?,
            None => (0..shape.len()).collect(),
        };
        let misfit = |count: usize| OpError::Graph(format!("{count} scales or sizes for {} axes", named.len()));
        let mut all: Vec<_> = shape.iter().map(|size| Axis::whole(*size, *size, 1.0)).collect();
        match (scales, sizes.map(integers)) {
            (Some(scales), None) if scales.data().len() == named.len() => {
                let mut full = vec![1.0; shape.len()];
                named.iter().zip(scales.data()).for_each(|(axis, scale)| full[*axis] = *scale);
                let scaled = scaled(shape, &full)?;
                all = shape.iter().zip(scaled).map(|(from, (to, scale))| Axis::whole(*from, to, scale)).collect();
            }
            (None, Some(sizes)) if sizes.len() == named.len() => {
                let scale = |(axis, size): (&usize, &i64)| *size as f64 / shape[*axis] as f64;
                let shared = self.policy.and_then(|policy| named.iter().zip(&sizes).map(scale).reduce(policy));
                for (axis, size) in named.iter().zip(&sizes) {
                    let from = shape[*axis];
                    let size = match shared {
                        Some(scale) => (scale * from as f64 + 0.5).floor() as i64,
                        None => *size,
                    };
                    let to = moves::size(usize::try_from(size).ok().filter(|size| *size > 0))?;
                    all[*axis] = Axis::whole(from, to, shared.unwrap_or(to as f64 / from as f64));
                }
            }
            (Some(scales), None) => return Err(misfit(scales.data().len())),
            (None, Some(sizes)) => return Err(misfit(sizes.len())),
            _ => return Err(OpError::Graph("takes either scales or sizes".into())),
        }
        if self.crops {
            let count = named.len();
            let regions = regions.map(Tensor::data).filter(|regions| regions.len() == 2 * count);
            let regions = regions.ok_or_else(|| OpError::Graph(format!("needs regions of {count} axes")))?;
            named.iter().enumerate().for_each(|(i, axis)| all[*axis].region = (regions[i], regions[count + i]));
        }
        Ok(all)
    }

    /// Where an output lies along an axis of the input; none where it gives the extrapolation.
    fn place(&self, axis: &Axis, i: usize) -> Option<f64> {
        let at = (self.coordinate)(axis, i as f64);
        let inside = (0.0..=(axis.from - 1) as f64).contains(&at);
        (inside || !self.crops).then_some(at)
    }

    /// The nearest values.
    fn moves(&self, shape: &[usize], axes: &[Axis]) -> OpResult<Moves> {
        Moves::resized(shape, &sizes(axes), |axis, i| {
            let last = (axes[axis].from - 1) as f64;
            self.place(&axes[axis], i).map(|at| (self.nearest)(at).clamp(0.0, last) as usize)
        })
    }

    /// Weight of a value at a distance.
    fn weight(&self, distance: f64) -> f64 {
        let (x, a) = (distance.abs(), self.cubic);
        match self.mode {
            Mode::Cubic if x <= 1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
            Mode::Cubic if x < 2.0 => ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a,
            Mode::Cubic => 0.0,
            Mode::Linear | Mode::Nearest => (1.0 - x).max(0.0),
        }
    }

    /// The values of an axis that an output is made of, with weights.
    fn taps(&self, axis: &Axis, i: usize) -> Vec<(usize, f64)> {
        let Some(at) = self.place(axis, i) else { return vec![] };
        let scale = if self.antialias { axis.scale.min(1.0) } else { 1.0 };
        let reach = if self.mode == Mode::Cubic { 2.0 } else { 1.0 } / scale;
        let (first, last, limit) = ((at - reach).floor() as i64, (at + reach).ceil() as i64, axis.from as i64);
        let mut taps: Vec<(usize, f64)> = vec![];
        for neighbour in first..=last {
            let weight = self.weight((neighbour as f64 - at) * scale);
            let outside = !(0..limit).contains(&neighbour);
            if weight == 0.0 || outside && self.exclude_outside {
                continue;
            }
            let index = neighbour.clamp(0, limit - 1) as usize;
            match taps.last_mut() {
                Some((last, sum)) if *last == index => *sum += weight,
                _ => taps.push((index, weight)),
            }
        }
        let sum: f64 = taps.iter().map(|(_, weight)| weight).sum();
        taps.iter_mut().for_each(|(_, weight)| *weight /= sum);
        taps
    }

    /// For each output the values that it is made of, with weights.
    fn sums(&self, shape: &[usize], axes: &[Axis]) -> OpResult<Vec<Vec<(usize, f64)>>> {
        grown(shape.iter().product(), &sizes(axes))?;
        let mut sums = vec![vec![(0, 1.0)]];
        let mut stride = 1;
        // Grows from the innermost axis outwards.
        for (axis, size) in axes.iter().zip(shape).rev() {
            let taps: Vec<_> = (0..axis.to).map(|i| self.taps(axis, i)).collect();
            let each = |sums: &[Vec<(usize, f64)>]| sums.iter().map(Vec::len).sum::<usize>();
            if each(&sums).max(sums.len()).saturating_mul(each(&taps).max(taps.len())) > MAX_ENTRIES {
                return Err(OpError::Graph(format!("more than {MAX_ENTRIES} weights")));
            }
            let product = |taps: &Vec<(usize, f64)>, inner: &Vec<(usize, f64)>| -> Vec<(usize, f64)> {
                let term = |(at, weight): &(usize, f64)| {
                    let (at, weight) = (*at * stride, *weight);
                    inner.iter().map(move |(element, other)| (at + element, weight * other))
                };
                taps.iter().flat_map(term).collect()
            };
            sums = taps
                .iter()
                .flat_map(|taps| sums.iter().map(|inner| product(taps, inner)).collect::<Vec<_>>())
                .collect();
            stride *= size;
        }
        Ok(sums)
    }

    /// Index of the scales.
    const fn scales(&self) -> usize {
        if self.opset >= 11 { 2 } else { 1 }
    }

    /// The constant inputs of those given.
    fn given<'a>(&self, input: impl Fn(usize) -> OpResult<Option<&'a Tensor>>) -> OpResult<Given<'a>> {
        let region = if self.crops { input(1)? } else { None };
        Ok([input(self.scales())?, input(3)?, region])
    }

    fn operands(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Axis>> {
        let constant = |index: usize| inputs.optional(index).map(|x| x.constant("the scale")).transpose();
        self.axes(&inputs.get(0)?.fact.shape, self.given(constant)?)
    }
}

fn sizes(axes: &[Axis]) -> Vec<usize> {
    axes.iter().map(|axis| axis.to).collect()
}

impl Op for Resize {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = inputs.get(0)?.fact;
        if self.mode != Mode::Nearest && x.dtype != DType::Float {
            return Err(OpError::unsupported("integers between values; insert a Cast to FLOAT"));
        }
        Ok(vec![Fact { dtype: x.dtype, shape: sizes(&self.operands(inputs)?) }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let axes = self.axes(x.shape(), self.given(|index| Ok(inputs.optional(index)))?)?;
        if self.mode == Mode::Nearest {
            return Ok(vec![self.moves(x.shape(), &axes)?.eval(x, self.extrapolation)?]);
        }
        let value = |taps: &Vec<(usize, f64)>| taps.iter().map(|(i, weight)| weight * x.data()[*i]).sum();
        let data = self.sums(x.shape(), &axes)?.iter().map(value).collect();
        Ok(vec![tensor(Fact::float(sizes(&axes)), data)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let x = inputs.get(0)?.fact;
        let axes = self.operands(inputs)?;
        if self.mode == Mode::Nearest {
            return Ok(vec![self.moves(&x.shape, &axes)?.lower(self.extrapolation)]);
        }
        let mut columns = vec![vec![]; x.len()];
        for (output, taps) in self.sums(&x.shape, &axes)?.into_iter().enumerate() {
            taps.into_iter().for_each(|(i, weight)| columns[i].push((output as u32, weight)));
        }
        let bias = vec![0.0; planes(&sizes(&axes)).channels];
        Ok(vec![Lowered::Map { map: Map::Sparse(Sparse { columns }), bias }])
    }
}

#[cfg(test)]
mod tests;
