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
    opsets: 7..=27,
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
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, missing, private},
    };

    #[test]
    fn gemm() {
        let x = private(&[1, 2], &[3.0, -1.0]);
        let weights = constant(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let case = Case::new(&super::DEF);
        case.gives(&[&x, &weights], &[1, 3], &[-1.0, 1.0, 3.0]);
        case.gives(&[&x, &weights, &missing()], &[1, 3], &[-1.0, 1.0, 3.0]);
        case.gives(&[&x, &weights, &constant(&[3], &[0.5, 0.0, -0.5])], &[1, 3], &[-0.5, 1.0, 2.5]);
        case.gives(&[&x, &weights, &private(&[1], &[2.0])], &[1, 3], &[1.0, 3.0, 5.0]);
        let case = case.with("alpha", Attr::Float(0.5)).with("beta", Attr::Float(2.0));
        case.gives(&[&x, &weights, &constant(&[], &[1.0])], &[1, 3], &[1.5, 2.5, 3.5]);
    }

    #[test]
    fn gemm_transposes() {
        let case = Case::new(&super::DEF).with("transB", Attr::Int(1));
        let weights = constant(&[3, 2], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        case.gives(&[&private(&[1, 2], &[3.0, -1.0]), &weights], &[1, 3], &[-1.0, 1.0, 3.0]);
        let case = case.with("transA", Attr::Int(1));
        case.gives(&[&private(&[2, 1], &[3.0, -1.0]), &weights], &[1, 3], &[-1.0, 1.0, 3.0]);
        case.gives(&[&weights, &private(&[2, 3], &[1.0, 0.0, 2.0, 0.0, 1.0, 0.0])], &[2, 2], &[7.0, 2.0, 16.0, 5.0]);
    }

    #[test]
    fn gemm_of_private_matrices() {
        let (a, b) = (private(&[2, 2], &[3.0, -1.0, 0.5, 2.0]), private(&[2, 1], &[2.0, 4.0]));
        let case = Case::new(&super::DEF).with("alpha", Attr::Float(0.5)).with("beta", Attr::Float(2.0));
        case.gives(&[&a, &b], &[2, 1], &[1.0, 4.5]);
        case.gives(&[&a, &b, &constant(&[1], &[1.0])], &[2, 1], &[3.0, 6.5]);
        case.gives(&[&a, &b, &private(&[2, 1], &[1.0, -1.0])], &[2, 1], &[3.0, 2.5]);
        let case = case.with("transA", Attr::Int(1)).with("transB", Attr::Int(1));
        case.gives(
            &[&a, &private(&[3, 2], &[1.0, 0.0, 0.0, 2.0, 1.0, 1.0])],
            &[2, 3],
            &[1.5, 0.5, 1.75, -0.5, 2.0, 0.5],
        );
    }

    #[test]
    fn gemm_refuses() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 2], &[0.0; 2]);
        case.shape_error(&[&x, &constant(&[3, 2], &[0.0; 6])]);
        case.shape_error(&[&private(&[2], &[0.0; 2]), &constant(&[2, 3], &[0.0; 6])]);
        case.shape_error(&[&x, &constant(&[2, 3], &[0.0; 6]), &constant(&[2, 3], &[0.0; 6])]);
        case.with("alpha", Attr::Float(f64::NAN)).with("broadcast", Attr::Int(1)).unsupported(&[]);
    }
}
