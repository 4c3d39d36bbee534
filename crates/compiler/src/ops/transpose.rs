//! [Transpose](https://onnx.ai/onnx/operators/onnx__Transpose.html): the axes in the order `perm`, reversed without it.
//! Opset 1+. Exact: values are only renamed.

use super::{
    op::{Attrs, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand},
    support::moves::Moves,
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Transpose",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "axes in another order",
    marks: &[Mark::TakesEmpty],
    parse,
};

#[derive(Debug)]
struct Transpose {
    perm: Option<Vec<i64>>,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let perm = attrs.ints("perm");
    attrs.finish()?;
    Ok(Box::new(Transpose { perm }))
}

impl Transpose {
    fn order(&self, rank: usize) -> OpResult<Vec<usize>> {
        let Some(perm) = &self.perm else { return Ok((0..rank).rev().collect()) };
        let order: Option<Vec<_>> = perm.iter().map(|axis| usize::try_from(*axis).ok()).collect();
        let valid = |order: &Vec<usize>| order.len() == rank && (0..rank).all(|axis| order.contains(&axis));
        order.filter(valid).ok_or_else(|| OpError::Graph(format!("perm = {perm:?} is no order of {rank} axes")))
    }
}

impl Op for Transpose {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = inputs.get(0)?.fact;
        let shape = self.order(x.shape.len())?.into_iter().map(|axis| x.shape[axis]).collect();
        Ok(vec![Fact { dtype: x.dtype, shape }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        Ok(vec![Moves::permuted(x.shape(), &self.order(x.shape().len())?).eval(x, 0.0)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let shape = &inputs.get(0)?.fact.shape;
        Ok(vec![Moves::permuted(shape, &self.order(shape.len())?).lower(0.0)])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn transpose() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        case.gives(&[&x], &[3, 2, 1], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        let perm = |perm: &[i64]| case.with("perm", Attr::Ints(perm.to_vec()));
        perm(&[1, 0, 2]).gives(&[&x], &[2, 1, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        perm(&[0, 2, 1]).gives(&[&x], &[1, 3, 2], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        for bad in [&[0, 1][..], &[0, 1, 1], &[-1, 0, 1], &[0, 1, 3], &[0, 1, 2, 2]] {
            perm(bad).graph_error(&[&x]);
        }
    }
}
