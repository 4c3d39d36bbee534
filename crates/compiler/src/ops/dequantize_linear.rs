//! [DequantizeLinear](https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html): `(x − zero point) · scale`, one
//! scale or one for each coordinate of an axis. Opset 10+.
//!
//! Exact: of constants it is folded, of codes it is a factor and a shift that their readers take over. A private scale,
//! one for all values, is a product. Unsupported: private scales per axis, scales per block.

use super::{
    op::{Attr, Attrs, Id, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand, Rewriter, tensor},
    support::codes::{above_zero, exact, values},
};
use crate::tensor::{DType, Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "DequantizeLinear",
    opsets: 10..=27,
    inputs: 2..=3,
    summary: "the numbers that codes stand for at constant scales, per tensor or per axis",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct DequantizeLinear {
    axis: i64,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let opset = attrs.opset();
    let axis = if opset >= 13 { attrs.int("axis").unwrap_or(1) } else { 1 };
    if opset >= 21 && attrs.int("block_size").is_some_and(|size| size != 0) {
        attrs.reject("block_size; quantize per tensor or per axis");
    }
    if opset >= 23 {
        // A real type; numbers here are exact.
        attrs.ignore("output_dtype");
    }
    attrs.finish()?;
    Ok(Box::new(DequantizeLinear { axis }))
}

impl Op for DequantizeLinear {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = inputs.get(0)?.fact;
        if x.dtype != DType::Int {
            return Err(OpError::Graph("reads no integers".into()));
        }
        let (scale, zero) = (inputs.get(1)?, inputs.optional(2));
        match (scale.constant, zero.map(|zero| zero.constant)) {
            (Some(scale), None) => values(&x.shape, scale, None, self.axis).map(drop)?,
            (Some(scale), Some(Some(zero))) => values(&x.shape, scale, Some(zero), self.axis).map(drop)?,
            _ if scale.fact.len() == 1 && zero.is_none_or(|zero| zero.fact.len() == 1) => {}
            _ => return Err(OpError::unsupported("private scales per axis; one per tensor is served")),
        }
        Ok(vec![Fact::float(x.shape.clone())])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let map = values(x.shape(), inputs.get(1)?, inputs.optional(2), self.axis)?;
        Ok(vec![tensor(Fact::float(x.shape().to_vec()), map.apply(x.data()))?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let constant = |index: usize| inputs.optional(index).and_then(|operand| operand.constant);
        let scale = inputs.get(1)?.constant("the scale")?;
        let map = values(&inputs.get(0)?.fact.shape, scale, constant(2), self.axis)?;
        Ok(vec![Lowered::Affine(vec![(0, map)])])
    }

    fn rewrite(&self, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        let (x, scale, zero) = (Inputs(inputs).get(0)?, Inputs(inputs).get(1)?, Inputs(inputs).optional(2));
        if to.value(scale).is_none() || zero.is_some_and(|zero| to.value(zero).is_none()) {
            let shape = to.shape(x);
            let number = |to: &mut Rewriter<'_>, x: Id| to.reshape(x, &[]);
            let (scale, zero) = (number(to, scale)?, zero.map(|zero| number(to, zero)).transpose()?);
            let above = above_zero(to, x, zero)?;
            let y = to.op("Mul", &[above, scale])?;
            return Ok(Some(vec![to.reshape(y, &shape)?]));
        }
        let codes = exact(to, x)?;
        if codes == x {
            return Ok(None);
        }
        let mut inputs = inputs.to_vec();
        inputs[0] = Some(codes);
        Ok(Some(to.all("DequantizeLinear", &[("axis", Attr::Int(self.axis))], &inputs)?))
    }
}

#[cfg(test)]
mod tests;
