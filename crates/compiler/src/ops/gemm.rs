//! [Gemm](https://onnx.ai/onnx/operators/onnx__Gemm.html): Y = alpha · A'·B' + beta · C, with A' and B' transposed on
//! demand and C broadcast to Y. Opset 7+; C is optional from 11.
//!
//! Exact: alpha and beta go into weights and bias. A and B may both be private, as in MatMul.

use super::{
    op::{Addend, Affine, Attrs, Contraction, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand, tensor},
    support::product::Product,
};
use crate::tensor::{Fact, Tensor, broadcast, broadcast_indices};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Gemm",
    opsets: 1..=27,
    inputs: 2..=3,
    summary: "alpha · A·B + beta · C with transA, transB; A and B may be private",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct Gemm {
    alpha: f64,
    beta: f64,
    trans_a: bool,
    trans_b: bool,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let gemm = Gemm {
        alpha: attrs.float("alpha", 1.0),
        beta: attrs.float("beta", 1.0),
        trans_a: attrs.flag("transA", false),
        trans_b: attrs.flag("transB", false),
    };
    attrs.finish()?;
    Ok(Box::new(gemm))
}

impl Gemm {
    fn product(&self, a: &[usize], b: &[usize]) -> OpResult<Product> {
        Product::gemm(a, b, self.trans_a, self.trans_b)
    }
}

impl Op for Gemm {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let (a, b) = (inputs.get(0)?.float()?, inputs.get(1)?.float()?);
        let shape = self.product(&a.fact.shape, &b.fact.shape)?.shape;
        if let Some(c) = inputs.optional(2) {
            let c = &c.float()?.fact.shape;
            if broadcast(c, &shape).as_ref() != Some(&shape) {
                return Err(OpError::shape(format!("C that broadcasts to {shape:?}"), &[c]));
            }
        }
        Ok(vec![Fact::float(shape)])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let (a, b) = (inputs.get(0)?, inputs.get(1)?);
        let product = self.product(a.shape(), b.shape())?;
        let mut data = product.eval(a, b, self.alpha);
        if let Some(c) = inputs.optional(2) {
            let indices = broadcast_indices(c.shape(), &product.shape);
            data.iter_mut().zip(indices).for_each(|(y, i)| *y += self.beta * c.data()[i]);
        }
        Ok(vec![tensor(Fact::float(product.shape), data)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let (a, b) = (inputs.get(0)?, inputs.get(1)?);
        let product = self.product(&a.fact.shape, &b.fact.shape)?;
        let (input, map) = match (a.constant, b.constant) {
            (None, None) => {
                let sum = inputs.optional(2).map(|c| {
                    let indices = broadcast_indices(&c.fact.shape, &product.shape);
                    let (len, zeros) = (c.fact.len(), vec![0.0; indices.len()]);
                    match c.constant {
                        Some(c) => Addend::Constant(indices.into_iter().map(|i| self.beta * c.data()[i]).collect()),
                        None => {
                            let terms = indices.into_iter().map(|i| (i, self.beta)).collect();
                            Addend::Private(2, Affine::elements(len, terms, zeros))
                        }
                    }
                });
                return Ok(vec![Lowered::Contract(Contraction { sum, ..product.contraction(self.alpha)? })]);
            }
            (None, Some(b)) => (0, product.lower(b, true, a.fact.len(), self.alpha)?),
            (Some(a), None) => (1, product.lower(a, false, b.fact.len(), self.alpha)?),
            (Some(_), Some(_)) => return Err(OpError::unsupported("A and B are constant; use Add for C")),
        };
        let Some(c) = inputs.optional(2) else { return Ok(vec![Lowered::Affine(vec![(input, map)])]) };
        let len = c.fact.len();
        let indices = broadcast_indices(&c.fact.shape, &product.shape);
        let maps = match c.constant {
            Some(c) => {
                let shift: Vec<_> = indices.into_iter().map(|i| self.beta * c.data()[i]).collect();
                let bias = Affine::elements(shift.len(), (0..shift.len()).map(|i| (i, 1.0)).collect(), shift);
                vec![(input, map.then(bias)?)]
            }
            None => {
                let shift = vec![0.0; indices.len()];
                let terms = indices.into_iter().map(|i| (i, self.beta)).collect();
                vec![(input, map), (2, Affine::elements(len, terms, shift))]
            }
        };
        Ok(vec![Lowered::Affine(maps)])
    }
}

#[cfg(test)]
mod tests;
