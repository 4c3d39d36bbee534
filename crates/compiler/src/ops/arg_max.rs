//! [ArgMax](https://onnx.ai/onnx/operators/onnx__ArgMax.html): index of the largest element along `axis`, the first one
//! of equals, or the last with `select_last_index`. Opset 1+; negative axes and `select_last_index` came later.
//!
//! Exact on quantized values as the last step, where the first of equals is asked for, and elsewhere of few values,
//! which are compared with one another. Else it counts the values in front of (or behind) the one that equals the
//! largest, up to a table step.

use super::{
    op::{Attrs, Ending, Id, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand, Rewriter, axis, tensor},
    support::rows::{last, leading, one_largest},
};
use crate::tensor::{DType, Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "ArgMax",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "index of the largest value along an axis, the first or last of equals",
    marks: &[Mark::Class],
    parse,
};

/// Most values that are compared with one another.
const MAX_COMPARED: usize = 16;

#[derive(Debug)]
struct ArgMax {
    axis: i64,
    keepdims: bool,
    /// Whether it is the last of equals.
    last: bool,
}

/// Reads the attributes; ArgMin has the same.
pub(super) fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let op = ArgMax {
        axis: attrs.int("axis").unwrap_or(0),
        keepdims: attrs.flag("keepdims", true),
        last: attrs.opset() >= 12 && attrs.flag("select_last_index", false),
    };
    attrs.finish()?;
    Ok(Box::new(op))
}

impl ArgMax {
    fn fact(&self, shape: &[usize], axis: usize) -> Fact {
        let mut shape = shape.to_vec();
        if self.keepdims {
            shape[axis] = 1;
        } else {
            shape.remove(axis);
        }
        Fact { dtype: DType::Int, shape }
    }
}

impl Op for ArgMax {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let shape = &inputs.get(0)?.fact.shape;
        Ok(vec![self.fact(shape, axis(self.axis, shape.len())?)])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let axis = axis(self.axis, x.shape().len())?;
        let (size, inner) = (x.shape()[axis], x.shape()[axis + 1..].iter().product::<usize>());
        let best = |block: &[f64], offset: usize| {
            let at = |i: usize| block[i * inner + offset];
            let better = |i: usize, best: usize| at(i) > at(best) || self.last && at(i) == at(best);
            (1..size).fold(0, |best, i| if better(i, best) { i } else { best })
        };
        let blocks = x.data().chunks_exact(size * inner);
        let data = blocks.flat_map(|block| (0..inner).map(move |offset| best(block, offset) as f64)).collect();
        Ok(vec![tensor(self.fact(x.shape(), axis), data)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let fact = inputs.get(0)?.fact;
        let shape = &fact.shape;
        if shape[axis(self.axis, shape.len())?] != fact.len() {
            return Err(OpError::unsupported(format!("several indices per run: axis {} of {shape:?}", self.axis)));
        }
        if self.last {
            return Err(OpError::unsupported("the last of equals as a decision"));
        }
        Ok(vec![Lowered::ArgMax])
    }

    fn rewrite(&self, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        let mut x = Inputs(inputs).get(0)?;
        let shape = to.shape(x);
        let axis = axis(self.axis, shape.len())?;
        if let Some((argument, of)) = to.softmax_of(x)
            && of == axis
        {
            // The largest value keeps its place.
            x = argument;
        }
        x = to.ordered(x);
        if !self.last && to.ending() == Ending::Output && shape[axis] == to.len(x) && shape[axis] > 1 {
            return Ok(None);
        }
        let (rows, _) = last(to, x, axis)?;
        let (count, size) = (to.shape(rows)[0], to.shape(rows)[1]);
        let one = if (2..=MAX_COMPARED).contains(&size) && count * size <= MAX_COMPARED {
            leading(to, rows, self.last)?
        } else {
            let one = one_largest(to, rows, self.last)?;
            to.float(one)?
        };
        let indices = to.floats(&[size, 1], (0..size).map(|i| i as f64).collect())?;
        let index = to.op("MatMul", &[one, indices])?;
        let index = to.whole(index, 0.0, (size - 1) as f64)?;
        Ok(Some(vec![to.reshape(index, &self.fact(&shape, axis).shape)?]))
    }
}

#[cfg(test)]
mod tests;
