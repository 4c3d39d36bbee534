//! [MatMul](https://onnx.ai/onnx/operators/onnx__MatMul.html): numpy's `matmul`, leading axes broadcast. Opset 1+.
//!
//! Exact: constant matrices are weights. Sums of products of two private tensors are sums of codes' products, rounded
//! once.

use super::{
    op::{Attr, Attrs, Id, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand, Rewriter, tensor},
    support::product::Product,
};
use crate::tensor::{DType, Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "MatMul",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "matrix product, batches broadcast; both operands may be private",
    marks: &[],
    parse,
};

/// Entries of the matrix between flattened tensors from which on it is not written out.
const MANY: usize = 1 << 20;

#[derive(Debug)]
struct MatMul;

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Box::new(MatMul))
}

impl Op for MatMul {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let (a, b) = (inputs.get(0)?, inputs.get(1)?);
        if a.fact.dtype != b.fact.dtype || matches!(a.fact.dtype, DType::Bool | DType::Name) {
            return Err(OpError::unsupported("operands must be numbers of one type"));
        }
        Ok(vec![Fact { dtype: a.fact.dtype, shape: Product::mat_mul(&a.fact.shape, &b.fact.shape)?.shape }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let (a, b) = (inputs.get(0)?, inputs.get(1)?);
        let product = Product::mat_mul(a.shape(), b.shape())?;
        let data = product.eval(a, b, 1.0);
        Ok(vec![tensor(Fact { dtype: a.fact().dtype, shape: product.shape }, data)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let (a, b) = (inputs.get(0)?, inputs.get(1)?);
        let product = Product::mat_mul(&a.fact.shape, &b.fact.shape)?;
        let map = match (a.constant, b.constant) {
            (_, Some(b)) => (0, product.lower(b, true, a.fact.len(), 1.0)?),
            (Some(a), None) => (1, product.lower(a, false, b.fact.len(), 1.0)?),
            (None, None) => return Ok(vec![Lowered::Contract(product.contraction(1.0)?)]),
        };
        Ok(vec![Lowered::Affine(vec![map])])
    }

    /// Many rows times one constant matrix are a convolution of one tap, whose weights are stored once.
    fn rewrite(&self, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        let (a, b) = (Inputs(inputs).get(0)?, Inputs(inputs).get(1)?);
        let (shape, weights) = (to.shape(a), to.shape(b));
        let (&[inner, columns], [outer @ .., last]) = (&weights[..], &shape[..]) else { return Ok(None) };
        let rows: usize = outer.iter().product();
        let dense = rows.saturating_mul(rows).saturating_mul(inner).saturating_mul(columns);
        if to.value(a).is_some() || to.value(b).is_none() || *last != inner || dense < MANY {
            return Ok(None);
        }
        let dtype = to.fact(a).dtype;
        let (a, b) = (to.float(a)?, to.float(b)?);
        let x = to.reshape(a, &[1, rows, inner])?;
        let x = to.transpose(x, &[0, 2, 1])?;
        let kernel = to.transpose(b, &[1, 0])?;
        let kernel = to.reshape(kernel, &[columns, inner, 1])?;
        let y = to.with("Conv", &[("kernel_shape", Attr::Ints(vec![1]))], &[x, kernel])?;
        let y = to.transpose(y, &[0, 2, 1])?;
        let y = to.relabel(y, dtype)?;
        let result: Vec<usize> = outer.iter().copied().chain([columns]).collect();
        Ok(Some(vec![to.reshape(y, &result)?]))
    }
}

#[cfg(test)]
mod tests;
