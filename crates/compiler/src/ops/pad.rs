//! [Pad](https://onnx.ai/onnx/operators/onnx__Pad.html): a border of a constant, of mirrored, of
//! repeated or of the opposite values; negative widths crop. Opset 1+; widths and constant are attributes up to 10,
//! constant inputs from 11. Exact.

use super::{
    op::{Attrs, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand, axis, integers},
    support::moves::{self, Moves, list},
};
use crate::tensor::{Fact, MAX_ELEMENTS, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Pad",
    opsets: 1..=27,
    inputs: 1..=4,
    summary: "border: constant, reflect, edge or wrap",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct Pad {
    mode: Mode,
    pads: Option<Vec<i64>>,
    value: f64,
}

#[derive(Debug, Clone, Copy)]
enum Mode {
    Constant,
    Reflect,
    Edge,
    Wrap,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let mode = match attrs.text("mode").as_deref() {
        None | Some("constant") => Mode::Constant,
        Some("reflect") => Mode::Reflect,
        Some("edge") => Mode::Edge,
        Some("wrap") => Mode::Wrap,
        Some(other) => {
            attrs.reject(format!("mode = {other}"));
            Mode::Constant
        }
    };
    let old = attrs.opset() < 11;
    let pads = if old { attrs.ints("pads") } else { None };
    let value = if old { attrs.float("value", 0.0) } else { 0.0 };
    attrs.finish()?;
    Ok(Box::new(Pad { mode, pads, value }))
}

impl Pad {
    fn moves(&self, shape: &[usize], pads: Option<Vec<i64>>, axes: Option<Vec<i64>>) -> OpResult<Moves> {
        let missing = || OpError::Graph("the widths are missing".into());
        let pads = pads.or_else(|| self.pads.clone()).ok_or_else(missing)?;
        let axes = axes.unwrap_or_else(|| (0..shape.len() as i64).collect());
        if pads.len() != axes.len() * 2 {
            return Err(OpError::Graph(format!("{} widths for {} axes", pads.len(), axes.len())));
        }
        let (mut sizes, mut begins) = (shape.to_vec(), vec![0; shape.len()]);
        for (i, name) in axes.iter().enumerate() {
            let axis = axis(*name, shape.len())?;
            let (size, begin, end) = (shape[axis] as i64, pads[i], pads[axes.len() + i]);
            let len = size.checked_add(begin).and_then(|len| len.checked_add(end)).filter(|len| *len > 0);
            sizes[axis] = moves::size(len.and_then(|len| usize::try_from(len).ok()))?;
            begins[axis] = begin;
            let limit = if matches!(self.mode, Mode::Reflect) { size - 1 } else { MAX_ELEMENTS as i64 };
            // What a crop leaves and what goes around are told apart nowhere.
            let mixed = matches!(self.mode, Mode::Wrap) && begin.min(end) < 0 && begin.max(end) > 0;
            if begin.max(end) > limit || begin.min(end) < -size || mixed {
                return Err(OpError::Graph(format!(
                    "widths {begin} and {end} do not fit the {size} values of an axis"
                )));
            }
        }
        Moves::resized(shape, &sizes, |axis, at| {
            let (size, at) = (shape[axis] as i64, at as i64 - begins[axis]);
            let at = match self.mode {
                Mode::Constant => at,
                Mode::Reflect => (size - 1) - ((size - 1) - at.abs()).abs(),
                Mode::Edge => at.clamp(0, size - 1),
                Mode::Wrap => at.rem_euclid(size),
            };
            usize::try_from(at).ok().filter(|at| *at < shape[axis])
        })
    }

    fn operands(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Moves> {
        let axes = list(&inputs, 3, "the axes")?;
        self.moves(&inputs.get(0)?.fact.shape, list(&inputs, 1, "the widths")?, axes)
    }

    fn value(&self, value: Option<&Tensor>) -> OpResult<f64> {
        match value.map(Tensor::data) {
            None => Ok(self.value),
            Some([value]) => Ok(*value),
            Some(_) => Err(OpError::Graph("the constant is no single number".into())),
        }
    }
}

impl Op for Pad {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let value = inputs.optional(2).map(|value| value.constant("the padded value")).transpose()?;
        self.value(value)?;
        Ok(vec![Fact { dtype: inputs.get(0)?.fact.dtype, shape: self.operands(inputs)?.shape() }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let moves = self.moves(x.shape(), inputs.optional(1).map(integers), inputs.optional(3).map(integers))?;
        Ok(vec![moves.eval(x, self.value(inputs.optional(2))?)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let value = inputs.optional(2).map(|value| value.constant("the padded value")).transpose()?;
        Ok(vec![self.operands(inputs)?.lower(self.value(value)?)])
    }
}

#[cfg(test)]
mod tests;
