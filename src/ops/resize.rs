//! [Resize](https://onnx.ai/onnx/operators/onnx__Resize.html) to the nearest value. Opset 10+; sizes may replace the
//! scales from 11. Exact: values are only repeated or dropped. Unsupported: interpolation, regions of interest.

use super::{
    Attrs, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand, axis, integers,
    moves::{self, Moves},
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Resize",
    opsets: 10..=21,
    inputs: 2..=4,
    summary: "nearest values, constant scales or sizes",
    parse,
};

#[derive(Debug)]
struct Resize {
    /// Coordinate of an output in the input, from size of the output, scale and output coordinate.
    coordinate: fn(usize, f64, f64) -> f64,
    /// Whole coordinate nearest to it.
    nearest: fn(f64) -> f64,
    axes: Option<Vec<i64>>,
    opset: i64,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let opset = attrs.opset();
    match attrs.text("mode").as_deref() {
        None | Some("nearest") => {}
        Some(other) => attrs.reject(format!("mode = {other}")),
    }
    let half: fn(usize, f64, f64) -> f64 = |_, scale, at| (at + 0.5) / scale - 0.5;
    let asymmetric: fn(usize, f64, f64) -> f64 = |_, scale, at| at / scale;
    let mut nearest: fn(f64) -> f64 = f64::floor;
    let mut coordinate = asymmetric;
    let mut axes = None;
    if opset >= 11 {
        coordinate = match attrs.text("coordinate_transformation_mode").as_deref() {
            None | Some("half_pixel") => half,
            Some("asymmetric") => asymmetric,
            Some("pytorch_half_pixel") => |size, scale, at| if size > 1 { (at + 0.5) / scale - 0.5 } else { 0.0 },
            Some(other) => {
                attrs.reject(format!("coordinate_transformation_mode = {other}"));
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
        // Of the cubic and cropping modes.
        for name in ["cubic_coeff_a", "extrapolation_value", "exclude_outside"] {
            attrs.ignore(name);
        }
    }
    if opset >= 18 {
        axes = attrs.ints("axes");
        if attrs.flag("antialias", false) {
            attrs.reject("antialias = 1");
        }
        if attrs.text("keep_aspect_ratio_policy").is_some_and(|policy| policy != "stretch") {
            attrs.reject("keep_aspect_ratio_policy");
        }
    }
    attrs.finish()?;
    Ok(Box::new(Resize { coordinate, nearest, axes, opset }))
}

/// The nearest values along each axis; `coordinate` as in [`Resize`].
pub(super) fn nearest(shape: &[usize], scales: &[(usize, f64)], at: impl Fn(usize, f64, f64) -> f64) -> Moves {
    let along = |(input, (size, scale)): (&usize, &(usize, f64))| {
        let clamp = |at: f64| at.clamp(0.0, (*input - 1) as f64) as usize;
        (0..*size).map(|i| Some(clamp(at(*size, *scale, i as f64)))).collect()
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

impl Resize {
    fn moves(&self, shape: &[usize], scales: Option<&Tensor>, sizes: Option<&Tensor>) -> OpResult<Moves> {
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
                all = scaled(shape, &full)?;
            }
            (None, Some(sizes)) if sizes.len() == axes.len() => {
                for (axis, size) in axes.iter().zip(sizes) {
                    let size = moves::size(usize::try_from(size).ok().filter(|size| *size > 0))?;
                    all[*axis] = (size, size as f64 / shape[*axis] as f64);
                }
            }
            (Some(scales), None) => return Err(misfit(scales.data().len())),
            (None, Some(sizes)) => return Err(misfit(sizes.len())),
            _ => return Err(OpError::Graph("takes either scales or sizes".into())),
        }
        Ok(nearest(shape, &all, |size, scale, i| (self.nearest)((self.coordinate)(size, scale, i))))
    }

    /// Index of the scales.
    const fn scales(&self) -> usize {
        if self.opset >= 11 { 2 } else { 1 }
    }

    fn operands(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Moves> {
        let constant = |index: usize| inputs.optional(index).map(|x| x.constant("the scale")).transpose();
        self.moves(&inputs.get(0)?.fact.shape, constant(self.scales())?, constant(3)?)
    }
}

impl Op for Resize {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        Ok(vec![Fact { dtype: inputs.get(0)?.fact.dtype, shape: self.operands(inputs)?.shape() }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        Ok(vec![self.moves(x.shape(), inputs.optional(self.scales()), inputs.optional(3))?.eval(x, 0.0)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![self.operands(inputs)?.lower(0.0)])
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
            [("mode", "linear"), ("nearest_mode", "?"), ("coordinate_transformation_mode", "align_corners")]
        {
            case.with(name, Attr::Text(value.into())).unsupported(&[]);
        }
    }
}
