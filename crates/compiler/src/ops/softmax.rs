//! [Softmax](https://onnx.ai/onnx/operators/onnx__Softmax.html) over all values. Opset 1+; up to 12 over the axes from
//! `axis` on, from 13 over that axis.
//!
//! Over all values as the last step, whoever reads the output applies it. Elsewhere it is e^(x − max) / Σ e^(x − max)
//! by a table of e^x, a sum, a table of 1 / x and a product, each rounded once.

use hushproof_core::{float, graph::Unary};

use super::{
    op::{Attrs, Ending, Id, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand, Rewriter, axis, tensor},
    support::{
        masks,
        rows::{exponentials, last},
    },
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Softmax",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "e^x / Σ e^x; applied by the reader of the output where it is the last step over all values",
    marks: &[Mark::Softmax(0), Mark::Probabilities],
    parse,
};

/// The attribute of one that the reader of a graph found written out, which only a matrix can be.
pub(crate) const OF_MATRIX: &str = "of a matrix";

#[derive(Debug)]
struct Softmax {
    axis: i64,
    flattens: bool,
    /// Whether it is known to be of a matrix, in a graph that writes it out.
    matrix: bool,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let flattens = attrs.opset() < 13;
    let axis = attrs.int("axis").unwrap_or(if flattens { 1 } else { -1 });
    let matrix = attrs.flag(OF_MATRIX, false);
    attrs.finish()?;
    Ok(Box::new(Softmax { axis, flattens, matrix }))
}

impl Softmax {
    /// Values of one distribution, and distance of its values.
    fn blocks(&self, shape: &[usize]) -> OpResult<(usize, usize)> {
        let axis = axis(self.axis, shape.len())?;
        let inner = |axis: usize| shape[axis..].iter().product();
        Ok(if self.flattens { (inner(axis), 1) } else { (shape[axis], inner(axis + 1)) })
    }
}

impl Op for Softmax {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let fact = inputs.get(0)?.float()?.fact;
        if self.matrix && fact.shape.len() != 2 {
            return Err(OpError::shape("a matrix", &[&fact.shape]));
        }
        self.blocks(&fact.shape)?;
        Ok(vec![fact.clone()])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let (size, stride) = self.blocks(x.shape())?;
        let mut y = x.data().to_vec();
        for block in y.chunks_exact_mut(size * stride) {
            for offset in 0..stride {
                let each = || (0..size).map(|i| i * stride + offset);
                let most = each().map(|i| block[i]).fold(f64::NEG_INFINITY, f64::max);
                each().for_each(|i| block[i] = float::exp(block[i] - most));
                let sum: f64 = each().map(|i| block[i]).sum();
                each().for_each(|i| block[i] /= sum);
            }
        }
        Ok(vec![tensor(x.fact().clone(), y)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let fact = inputs.get(0)?.fact;
        if self.blocks(&fact.shape)?.0 != fact.len() {
            return Err(OpError::unsupported(format!(
                "several distributions per run: axis {} of {:?}",
                self.axis, fact.shape
            )));
        }
        Ok(vec![Lowered::Softmax])
    }

    fn rewrite(&self, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        let x = Inputs(inputs).get(0)?;
        let shape = to.shape(x);
        let (size, _) = self.blocks(&shape)?;
        let mask = to.mask(x);
        if mask.is_none() && to.ending() != Ending::Inner && size == to.len(x) {
            return Ok(None);
        }
        let axis = axis(self.axis, shape.len())?;
        if let Some(mask) = mask.filter(|_| axis + 1 == shape.len()) {
            let rows = to.reshape(mask.plain, &[to.len(x) / size, size])?;
            let y = masks::softmax(to, rows, &mask.shown)?;
            return Ok(Some(vec![to.reshape(y, &shape)?]));
        }
        let (flat, axis) =
            if self.flattens { (to.reshape(x, &[shape[..axis].iter().product(), size])?, 1) } else { (x, axis) };
        let (moved, back) = last(to, flat, axis)?;
        let (_, exponentials, sum) = exponentials(to, moved)?;
        let inverse = to.table("Reciprocal", Unary::Reciprocal, sum)?;
        let y = to.op("Mul", &[exponentials, inverse])?;
        let y = back.undo(to, y)?;
        let y = to.reshape(y, &shape)?;
        if shape == [1, size] {
            to.note_softmax(y, (x, 1));
        }
        Ok(Some(vec![y]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, integers, private},
    };

    #[test]
    fn softmax() {
        let case = Case::new(&super::DEF);
        let logs = [0.0, 3f64.ln(), 0.0, 0.0];
        case.gives(&[&private(&[1, 2], &logs[..2])], &[1, 2], &[0.25, 0.75]);
        case.gives(&[&constant(&[2, 2], &logs)], &[2, 2], &[0.25, 0.75, 0.5, 0.5]);
        case.with("axis", Attr::Int(0)).gives(&[&constant(&[2, 2], &logs)], &[2, 2], &[0.5, 0.75, 0.5, 0.25]);
        let old = case.opset(11);
        old.gives(&[&private(&[1, 1, 2], &logs[..2])], &[1, 1, 2], &[0.25, 0.75]);
        case.unsupported(&[&private(&[2, 2], &logs)]);
        case.unsupported(&[&integers(&[1], &[1])]);
        case.graph_error(&[&private(&[], &[1.0])]);
    }
}
