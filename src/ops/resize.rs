//! [Resize](https://onnx.ai/onnx/operators/onnx__Resize.html) to the nearest value, or by linear or cubic interpolation.
//! Opset 10+; sizes may replace the scales from 11.
//!
//! Exact: the nearest values are only repeated or dropped, and interpolations are constant linear maps. Unsupported:
//! antialiasing, regions of interest.

use super::{
    Attrs, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand, axis, integers,
    moves::{self, Moves},
    weighted::{Weighted, separable},
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Resize",
    opsets: 10..=27,
    inputs: 2..=4,
    summary: "nearest values, linear or cubic interpolation; constant scales or sizes",
    parse,
};

/// Coordinate of a value in the input: size of the input and of the output, scale, coordinate.
type Coordinate = fn(usize, usize, f64, f64) -> f64;

#[derive(Debug)]
struct Resize {
    coordinate: Coordinate,
    mode: Mode,
    axes: Option<Vec<i64>>,
    policy: Policy,
    opset: i64,
}

#[derive(Debug, Clone, Copy)]
enum Mode {
    /// The whole coordinate nearest to one.
    Nearest(fn(f64) -> f64),
    Linear,
    Cubic {
        /// The coefficient a.
        a: f64,
        /// Whether weights of values beyond the border are left out rather than given to those at it.
        inside: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Policy {
    Stretch,
    NotLarger,
    NotSmaller,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let opset = attrs.opset();
    let mode = attrs.text("mode");
    let half: Coordinate = |_, _, scale, at| (at + 0.5) / scale - 0.5;
    let asymmetric: Coordinate = |_, _, scale, at| at / scale;
    let mut nearest: fn(f64) -> f64 = f64::floor;
    let mut coordinate = asymmetric;
    let (mut axes, mut policy) = (None, Policy::Stretch);
    let (mut a, mut inside) = (-0.75, false);
    if opset >= 11 {
        coordinate = match attrs.text("coordinate_transformation_mode").as_deref() {
            None | Some("half_pixel") => half,
            Some("asymmetric") => asymmetric,
            Some("pytorch_half_pixel") => |_, size, scale, at| if size > 1 { (at + 0.5) / scale - 0.5 } else { 0.0 },
            Some("align_corners") => |from, size, _, at| {
                if size > 1 { at * (from - 1) as f64 / (size - 1) as f64 } else { 0.0 }
            },
            Some("half_pixel_symmetric") => |from, size, scale, at| {
                let middle = from as f64 / 2.0;
                middle * (1.0 - size as f64 / (scale * from as f64)) + (at + 0.5) / scale - 0.5
            },
            Some(other) => {
                attrs.reject(format!("coordinate_transformation_mode = {other}; crop with Slice before resizing"));
                half
            }
        };
        nearest = match attrs.text("nearest_mode").as_deref() {
            None | Some("round_prefer_floor") => |x| (x - 0.5).ceil(),
            Some("round_prefer_ceil") => |x| (x + 0.5).floor(),
            Some("floor") => f64::floor,
            Some("ceil") => f64::ceil,
            Some(other) => {
                attrs.reject(format!("nearest_mode = {other}"));
                f64::floor
            }
        };
        a = attrs.float("cubic_coeff_a", a);
        inside = attrs.flag("exclude_outside", false);
        // Of the cropping mode.
        attrs.ignore("extrapolation_value");
    }
    if opset >= 18 {
        axes = attrs.ints("axes");
        if attrs.flag("antialias", false) {
            attrs.reject("antialias = 1; smooth by AveragePool before resizing");
        }
        policy = match attrs.text("keep_aspect_ratio_policy").as_deref() {
            None | Some("stretch") => Policy::Stretch,
            Some("not_larger") => Policy::NotLarger,
            Some("not_smaller") => Policy::NotSmaller,
            Some(other) => {
                attrs.reject(format!("keep_aspect_ratio_policy = {other}"));
                Policy::Stretch
            }
        };
    }
    let mode = match mode.as_deref() {
        None | Some("nearest") => Mode::Nearest(nearest),
        Some("linear") => Mode::Linear,
        Some("cubic") => Mode::Cubic { a, inside },
        Some(other) => {
            attrs.reject(format!("mode = {other}"));
            Mode::Linear
        }
    };
    attrs.finish()?;
    Ok(Box::new(Resize { coordinate, mode, axes, policy, opset }))
}

/// The nearest values along each axis; `at` gives the coordinate for the size of the input and of the output, the scale and
/// the coordinate.
pub(super) fn nearest(shape: &[usize], scales: &[(usize, f64)], at: impl Fn(usize, usize, f64, f64) -> f64) -> Moves {
    let along = |(input, (size, scale)): (&usize, &(usize, f64))| {
        let clamp = |at: f64| at.clamp(0.0, (*input - 1) as f64) as usize;
        (0..*size).map(|i| Some(clamp(at(*input, *size, *scale, i as f64)))).collect()
    };
    Moves::along(shape, shape.iter().zip(scales).map(along).collect())
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

/// The values at both sides of a coordinate, those at the border going on beyond it.
fn linear(size: usize, at: f64) -> Vec<(usize, f64)> {
    let at = at.clamp(0.0, (size - 1) as f64);
    let (low, share) = (at.floor() as usize, at.fract());
    let taps = [(low, 1.0 - share), (low + 1, share)];
    taps.into_iter().filter(|(_, weight)| *weight != 0.0).collect()
}

/// The four values around a coordinate by the cubic kernel of coefficient a.
fn cubic(size: usize, at: f64, a: f64, inside: bool) -> Vec<(usize, f64)> {
    let weight = |d: f64| {
        let d = d.abs();
        if d <= 1.0 {
            ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0
        } else if d < 2.0 {
            ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a
        } else {
            0.0
        }
    };
    let last = (size - 1) as f64;
    let places = (-1..=2).map(|i| at.floor() + f64::from(i));
    let taps = places.filter(|place| !inside || (0.0..=last).contains(place));
    let taps: Vec<_> = taps.map(|place| (place.clamp(0.0, last) as usize, weight(place - at))).collect();
    let sum: f64 = if inside { taps.iter().map(|(_, weight)| weight).sum() } else { 1.0 };
    taps.into_iter().filter(|(_, weight)| *weight != 0.0).map(|(place, weight)| (place, weight / sum)).collect()
}

impl Resize {
    /// Size of each axis of the output, with its scale.
    fn sizes(&self, shape: &[usize], scales: Option<&Tensor>, sizes: Option<&Tensor>) -> OpResult<Vec<(usize, f64)>> {
        let axes: Vec<usize> = match &self.axes {
            Some(axes) => axes.iter().map(|name| axis(*name, shape.len())).collect::<OpResult<_>>()?,
            None => (0..shape.len()).collect(),
        };
        let misfit = |count: usize| OpError::Graph(format!("{count} scales or sizes for {} axes", axes.len()));
        let mut all: Vec<_> = shape.iter().map(|size| (*size, 1.0)).collect();
        match (scales, sizes.map(integers)) {
            (Some(scales), None) if scales.data().len() == axes.len() => {
                let mut full = vec![1.0; shape.len()];
                axes.iter().zip(scales.data()).for_each(|(axis, scale)| full[*axis] = *scale);
                scaled(shape, &full)
            }
            (None, Some(sizes)) if sizes.len() == axes.len() => {
                let ratios = || axes.iter().zip(&sizes).map(|(axis, size)| *size as f64 / shape[*axis] as f64);
                let common = match self.policy {
                    Policy::Stretch => None,
                    Policy::NotLarger => ratios().reduce(f64::min),
                    Policy::NotSmaller => ratios().reduce(f64::max),
                };
                for (axis, size) in axes.iter().zip(&sizes) {
                    let from = shape[*axis] as f64;
                    let size = common.map_or(*size, |ratio| (ratio * from + 0.5).floor() as i64);
                    let size = moves::size(usize::try_from(size).ok().filter(|size| *size > 0))?;
                    all[*axis] = (size, common.unwrap_or(size as f64 / from));
                }
                Ok(all)
            }
            (Some(scales), None) => Err(misfit(scales.data().len())),
            (None, Some(sizes)) => Err(misfit(sizes.len())),
            _ => Err(OpError::Graph("takes either scales or sizes".into())),
        }
    }

    /// The interpolation as a map; none of the nearest values.
    fn map(&self, shape: &[usize], sizes: &[(usize, f64)]) -> OpResult<Option<Weighted>> {
        let taps = |from: usize, at: f64| match self.mode {
            Mode::Nearest(_) => None,
            Mode::Linear => Some(linear(from, at)),
            Mode::Cubic { a, inside } => Some(cubic(from, at, a, inside)),
        };
        let along = |(from, (size, scale)): (&usize, &(usize, f64))| -> Option<Vec<_>> {
            let at = |i: usize| (self.coordinate)(*from, *size, *scale, i as f64);
            (0..*size)
                .map(|i| if *scale == 1.0 && from == size { Some(vec![(i, 1.0)]) } else { taps(*from, at(i)) })
                .collect()
        };
        let shape_to = sizes.iter().map(|(size, _)| *size).collect();
        if matches!(self.mode, Mode::Nearest(_)) {
            return Ok(None);
        }
        let axes: Option<Vec<_>> = shape.iter().zip(sizes).map(along).collect();
        axes.map(|axes| Ok(Weighted { shape: shape_to, taps: separable(shape, &axes)? })).transpose()
    }

    fn moves(&self, shape: &[usize], sizes: &[(usize, f64)]) -> Moves {
        let whole = match self.mode {
            Mode::Nearest(whole) => whole,
            Mode::Linear | Mode::Cubic { .. } => f64::floor,
        };
        nearest(shape, sizes, |from, size, scale, i| whole((self.coordinate)(from, size, scale, i)))
    }

    /// Index of the scales.
    const fn scales(&self) -> usize {
        if self.opset >= 11 { 2 } else { 1 }
    }

    fn operands(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<(usize, f64)>> {
        let constant = |index: usize| inputs.optional(index).map(|x| x.constant("the scale")).transpose();
        self.sizes(&inputs.get(0)?.fact.shape, constant(self.scales())?, constant(3)?)
    }
}

impl Op for Resize {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = inputs.get(0)?;
        if !matches!(self.mode, Mode::Nearest(_)) {
            x.float()?;
        }
        let shape = self.operands(inputs)?.into_iter().map(|(size, _)| size).collect();
        Ok(vec![Fact { dtype: x.fact.dtype, shape }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let sizes = self.sizes(x.shape(), inputs.optional(self.scales()), inputs.optional(3))?;
        match self.map(x.shape(), &sizes)? {
            Some(map) => map.eval(Inputs(&[Some(x)])),
            None => Ok(vec![self.moves(x.shape(), &sizes).eval(x, 0.0)?]),
        }
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let (shape, sizes) = (&inputs.get(0)?.fact.shape, self.operands(inputs)?);
        match self.map(shape, &sizes)? {
            Some(map) => map.lower(inputs),
            None => Ok(vec![self.moves(shape, &sizes).lower(0.0)]),
        }
    }
}
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, integers, missing, private},
    };

    #[test]
    fn resize() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 1, 2], &[1.0, 2.0]);
        let scales = |scale: f64| constant(&[3], &[1.0, 1.0, scale]);
        case.gives(&[&x, &missing(), &scales(2.0)], &[1, 1, 4], &[1.0, 1.0, 2.0, 2.0]);
        case.gives(
            &[&x, &missing(), &missing(), &integers(&[3], &[1, 2, 3])],
            &[1, 2, 3],
            &[1.0, 1.0, 2.0, 1.0, 1.0, 2.0],
        );
        let asymmetric = case.with("coordinate_transformation_mode", Attr::Text("asymmetric".into()));
        asymmetric.gives(&[&x, &missing(), &scales(2.0)], &[1, 1, 4], &[1.0, 1.0, 2.0, 2.0]);
        let ceil = asymmetric.with("nearest_mode", Attr::Text("ceil".into()));
        ceil.gives(&[&x, &missing(), &scales(2.0)], &[1, 1, 4], &[1.0, 2.0, 2.0, 2.0]);
        case.opset(10).gives(&[&x, &scales(2.0)], &[1, 1, 4], &[1.0, 1.0, 2.0, 2.0]);
        let axes = case.with("axes", Attr::Ints(vec![2]));
        axes.gives(&[&x, &missing(), &constant(&[1], &[2.0])], &[1, 1, 4], &[1.0, 1.0, 2.0, 2.0]);
    }

    #[test]
    fn resize_interpolates() {
        let case = Case::new(&super::DEF).with("mode", Attr::Text("linear".into()));
        let x = private(&[1, 1, 2], &[1.0, 2.0]);
        let scales = constant(&[3], &[1.0, 1.0, 2.0]);
        case.gives(&[&x, &missing(), &scales], &[1, 1, 4], &[1.0, 1.25, 1.75, 2.0]);
        let of = |name: &str| case.with("coordinate_transformation_mode", Attr::Text(name.into()));
        of("align_corners").gives(&[&x, &missing(), &scales], &[1, 1, 4], &[1.0, 4.0 / 3.0, 5.0 / 3.0, 2.0]);
        of("asymmetric").gives(&[&x, &missing(), &scales], &[1, 1, 4], &[1.0, 1.5, 2.0, 2.0]);
        of("half_pixel_symmetric").gives(&[&x, &missing(), &scales], &[1, 1, 4], &[1.0, 1.25, 1.75, 2.0]);
        let one = integers(&[3], &[1, 1, 1]);
        of("pytorch_half_pixel").gives(&[&x, &missing(), &missing(), &one], &[1, 1, 1], &[1.0]);
        let planes = private(&[1, 1, 2, 2], &[0.0, 2.0, 4.0, 6.0]);
        let sizes = integers(&[4], &[1, 1, 3, 3]);
        let corners = of("align_corners");
        let expected = [0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 5.0, 6.0];
        corners.gives(&[&planes, &missing(), &missing(), &sizes], &[1, 1, 3, 3], &expected);
        let cubic = Case::new(&super::DEF).with("mode", Attr::Text("cubic".into()));
        let line = private(&[1, 1, 4], &[1.0, 2.0, 3.0, 4.0]);
        cubic.gives(&[&line, &missing(), &constant(&[3], &[1.0, 1.0, 2.0])], &[1, 1, 8], &cubic_expected());
    }

    /// The cubic kernel of a = −3/4 at distances 1/4 and 3/4, over 1, 2, 3, 4 with the ends going on.
    fn cubic_expected() -> Vec<f64> {
        let weights = [-0.10546875, 0.87890625, 0.26171875, -0.03515625];
        let value = |at: i32| f64::from(at.clamp(0, 3) + 1);
        let mut all = vec![];
        for i in 0..4 {
            // A quarter in front of i, then a quarter behind it.
            all.push((0..4).map(|k| weights[3 - k as usize] * value(i - 2 + k)).sum());
            all.push((0..4).map(|k| weights[k as usize] * value(i - 1 + k)).sum());
        }
        all
    }

    #[test]
    fn resize_refuses() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 1, 2], &[1.0, 2.0]);
        for bad in [0.0, -1.0, 0.25, 1e18] {
            case.graph_error(&[&x, &missing(), &constant(&[3], &[1.0, 1.0, bad])]);
        }
        case.graph_error(&[&x, &missing(), &constant(&[2], &[1.0, 1.0])]);
        case.graph_error(&[&x, &missing(), &missing(), &integers(&[3], &[1, 1, 0])]);
        case.graph_error(&[&x, &missing()]);
        for (name, value) in
            [("mode", "?"), ("nearest_mode", "?"), ("coordinate_transformation_mode", "tf_crop_and_resize")]
        {
            case.with(name, Attr::Text(value.into())).unsupported(&[]);
        }
    }
}
