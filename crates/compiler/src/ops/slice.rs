//! [Slice](https://onnx.ai/onnx/operators/onnx__Slice.html): a range of some axes, with steps of either sign. Opset 1+;
//! starts, ends and axes are attributes up to 9, constant inputs with steps from 10. Exact: values are only selected.

use super::{
    op::{Attrs, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand, axis, integers},
    support::moves::{Moves, list},
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Slice",
    opsets: 1..=27,
    inputs: 1..=5,
    summary: "constant ranges of some axes",
    marks: &[Mark::TakesEmpty],
    parse,
};

#[derive(Debug)]
struct Slice {
    /// Starts, ends and axes.
    attrs: [Option<Vec<i64>>; 3],
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let mut ints = |name: &str| if attrs.opset() < 10 { attrs.ints(name) } else { None };
    let slice = Slice { attrs: [ints("starts"), ints("ends"), ints("axes")] };
    attrs.finish()?;
    Ok(Box::new(slice))
}

impl Slice {
    fn moves(&self, shape: &[usize], mut inputs: [Option<Vec<i64>>; 4]) -> OpResult<Moves> {
        let mut given = |index: usize| inputs[index].take().or_else(|| self.attrs.get(index)?.clone());
        let missing = || OpError::Graph("starts or ends are missing".into());
        let (starts, ends) = (given(0).ok_or_else(missing)?, given(1).ok_or_else(missing)?);
        let axes = given(2).unwrap_or_else(|| (0..starts.len() as i64).collect());
        let steps = given(3).unwrap_or_else(|| vec![1; starts.len()]);
        if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
            return Err(OpError::Graph("starts, ends, axes and steps differ in length".into()));
        }
        let mut ranges: Vec<Option<Vec<_>>> = vec![None; shape.len()];
        for (((start, end), name), step) in starts.into_iter().zip(ends).zip(axes).zip(steps) {
            let axis = axis(name, shape.len())?;
            let size = shape[axis] as i64;
            if step == 0 || ranges[axis].is_some() {
                return Err(OpError::Graph(format!("axis {axis} has a step of 0 or is given twice")));
            }
            let from_start = |at: i64| if at < 0 { at.saturating_add(size) } else { at };
            let (least, most) = if step > 0 { (0, size) } else { (-1, size - 1) };
            let start = from_start(start).clamp(if step > 0 { 0 } else { -1 }, most);
            let end = from_start(end).clamp(least, most);
            let mut range = vec![];
            let mut at = start;
            while (step > 0 && at < end) || (step < 0 && at > end) {
                range.push(usize::try_from(at).ok());
                at = at.saturating_add(step);
            }
            ranges[axis] = Some(range);
        }
        let ranges = ranges.into_iter().zip(shape).map(|(range, size)| range.unwrap_or_else(|| Moves::all(*size)));
        Ok(Moves::along(shape, ranges.collect()))
    }

    fn operands(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Moves> {
        let given = |index| list(&inputs, index, "the range");
        let x = inputs.get(0)?;
        let moves = self.moves(&x.fact.shape, [given(1)?, given(2)?, given(3)?, given(4)?])?;
        match moves.shape().iter().position(|size| *size == 0) {
            Some(axis) if x.constant.is_none() => Err(OpError::Graph(format!("nothing of axis {axis} is left"))),
            _ => Ok(moves),
        }
    }
}

impl Op for Slice {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        Ok(vec![Fact { dtype: inputs.get(0)?.fact.dtype, shape: self.operands(inputs)?.shape() }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let given = |index| inputs.optional(index).map(integers);
        Ok(vec![self.moves(x.shape(), [given(1), given(2), given(3), given(4)])?.eval(x, 0.0)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![self.operands(inputs)?.lower(0.0)])
    }
}

#[cfg(test)]
mod tests;
