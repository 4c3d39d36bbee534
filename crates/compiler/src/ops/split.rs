//! [Split](https://onnx.ai/onnx/operators/onnx__Split.html): consecutive parts of an axis. Opset 2+; the sizes are an
//! attribute up to 12, a constant input from 13, or a number of parts from 18. Exact: values are only selected.
//! Unsupported: equal parts whose number only the count of outputs tells.

use super::{
    op::{Attrs, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand, axis, integers},
    support::moves::{Moves, list},
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Split",
    opsets: 1..=27,
    inputs: 1..=2,
    summary: "parts of given sizes along an axis",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct Split {
    axis: i64,
    sizes: Option<Vec<i64>>,
    parts: Option<i64>,
    /// Whether parts without sizes must be equal.
    equal: bool,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let op = Split {
        axis: attrs.int("axis").unwrap_or(0),
        sizes: if attrs.opset() < 13 { attrs.ints("split") } else { None },
        parts: attrs.int("num_outputs"),
        equal: attrs.opset() < 18,
    };
    attrs.finish()?;
    Ok(Box::new(op))
}

impl Split {
    fn moves(&self, shape: &[usize], sizes: Option<Vec<i64>>) -> OpResult<Vec<Moves>> {
        let axis = axis(self.axis, shape.len())?;
        let size = shape[axis];
        let misfit = || OpError::Graph(format!("the parts do not add up to the {size} values of axis {axis}"));
        let sizes: Vec<usize> = match (sizes.or_else(|| self.sizes.clone()), self.parts) {
            (Some(sizes), _) => {
                sizes.into_iter().map(|size| usize::try_from(size).ok()).collect::<Option<_>>().ok_or_else(misfit)?
            }
            (None, Some(parts)) => {
                let parts =
                    usize::try_from(parts).ok().filter(|parts| (1..=size).contains(parts)).ok_or_else(misfit)?;
                if self.equal && size % parts != 0 {
                    return Err(misfit());
                }
                let each = size.div_ceil(parts);
                (0..parts).map(|part| each.min(size.saturating_sub(part * each))).collect()
            }
            (None, None) => return Err(OpError::unsupported("the sizes of the parts must be given")),
        };
        let total = sizes.iter().try_fold(0usize, |total, size| total.checked_add(*size));
        if total != Some(size) || sizes.contains(&0) {
            return Err(misfit());
        }
        let mut start = 0;
        let part = |len: usize| {
            start += len;
            let coordinates = |(i, size): (usize, &usize)| {
                if i == axis { (start - len..start).map(Some).collect() } else { Moves::all(*size) }
            };
            Moves::along(shape, shape.iter().enumerate().map(coordinates).collect())
        };
        Ok(sizes.into_iter().map(part).collect())
    }
}

impl Op for Split {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = inputs.get(0)?.fact;
        let moves = self.moves(&x.shape, list(&inputs, 1, "the sizes")?)?;
        Ok(moves.iter().map(|moves| Fact { dtype: x.dtype, shape: moves.shape() }).collect())
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        self.moves(x.shape(), inputs.optional(1).map(integers))?.iter().map(|moves| moves.eval(x, 0.0)).collect()
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let moves = self.moves(&inputs.get(0)?.fact.shape, list(&inputs, 1, "the sizes")?)?;
        Ok(moves.iter().map(|moves| moves.lower(0.0)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn split() {
        let case = Case::new(&super::DEF).with("axis", Attr::Int(-1));
        let x = private(&[1, 2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        case.gives(&[&x, &integers(&[2], &[2, 1])], &[1, 2, 2], &[1.0, 2.0, 4.0, 5.0]);
        case.with("num_outputs", Attr::Int(2)).gives(&[&x], &[1, 2, 2], &[1.0, 2.0, 4.0, 5.0]);
        let old = case.opset(11).with("split", Attr::Ints(vec![1, 2]));
        old.gives(&[&x], &[1, 2, 1], &[1.0, 4.0]);
        for bad in [&[1, 1][..], &[3, 0], &[4, -1], &[i64::MAX, i64::MAX]] {
            case.graph_error(&[&x, &integers(&[2], bad)]);
        }
        case.with("num_outputs", Attr::Int(4)).graph_error(&[&x]);
        case.unsupported(&[&x]);
        case.unsupported(&[&x, &integers(&[2], &[2, 1]).into_private()]);
    }
}
