//! [QuantizeLinear](https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html): `clamp(round(x / scale) + zero point)`
//! to the range of the zero point's element type, ties to even; one scale, or one for each coordinate of an axis. Opset
//! 10+.
//!
//! The circuit's codes are these integers (`docs/design.md`, "Networks that are quantized already", says where they may
//! differ). Unsupported: private scales, scales per block, zero points that differ along the axis, 4-bit and 8-bit
//! real types.

use super::{
    op::{Attrs, Codes, Inputs, Lowered, Mark, Op, OpDef, OpError, OpResult, Operand, tensor},
    support::codes::{scales, spread},
};
use crate::tensor::{DType, Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "QuantizeLinear",
    opsets: 10..=27,
    inputs: 2..=3,
    summary: "codes of 8 or 16 bits at constant scales, per tensor or per axis",
    marks: &[Mark::Codes],
    parse,
};

/// Limits of UINT8, which is meant where nothing says another type.
const UINT8: [f64; 2] = [0.0, 255.0];

#[derive(Debug)]
struct QuantizeLinear {
    axis: i64,
    /// Limits of `output_dtype`.
    limits: Option<[f64; 2]>,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let opset = attrs.opset();
    let axis = if opset >= 13 { attrs.int("axis").unwrap_or(1) } else { 1 };
    let mut limits = None;
    if opset >= 19 {
        // About 8-bit floats only.
        attrs.ignore("saturate");
    }
    if opset >= 21 {
        if attrs.int("block_size").is_some_and(|size| size != 0) {
            attrs.reject("block_size; quantize per tensor or per axis");
        }
        limits = match attrs.int("output_dtype") {
            None | Some(0) => None,
            Some(2) => Some(UINT8),
            Some(3) => Some([-128.0, 127.0]),
            Some(4) => Some([0.0, 65535.0]),
            Some(5) => Some([-32768.0, 32767.0]),
            Some(other) => {
                attrs.reject(format!("output_dtype = {other}; 8- and 16-bit integers are served"));
                None
            }
        };
    }
    if opset >= 23 {
        // The type in which the quotient is rounded; numbers here are exact.
        attrs.ignore("precision");
    }
    attrs.finish()?;
    Ok(Box::new(QuantizeLinear { axis, limits }))
}

impl QuantizeLinear {
    fn codes(&self, shape: &[usize], scale: &Tensor, zero: Option<&Tensor>) -> OpResult<Codes> {
        let scale = scales(shape, scale, self.axis)?;
        let Some(zero) = zero else {
            return Ok(Codes { scale, zero: 0.0, limits: self.limits.unwrap_or(UINT8) });
        };
        let limits = self.limits.or_else(|| zero.limits());
        let limits = limits.ok_or_else(|| {
            OpError::unsupported(
                "a zero point of unknown or unserved element type; store it as an 8- or 16-bit integer",
            )
        })?;
        let all = spread(shape, zero, self.axis)?;
        match all.first().copied() {
            Some(zero) if all.iter().all(|other| *other == zero) && (limits[0]..=limits[1]).contains(&zero) => {
                Ok(Codes { scale, zero, limits })
            }
            _ => Err(OpError::unsupported("zero points that differ along the axis, or lie beyond their type")),
        }
    }

    fn of_operands(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Codes> {
        let scale = inputs.get(1)?.constant("the scale")?;
        let zero = inputs.optional(2).map(|zero| zero.constant("the zero point")).transpose()?;
        self.codes(&inputs.get(0)?.fact.shape, scale, zero)
    }
}

impl Op for QuantizeLinear {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        self.of_operands(inputs)?;
        Ok(vec![Fact { dtype: DType::Int, shape: inputs.get(0)?.fact.shape.clone() }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let codes = self.codes(x.shape(), inputs.get(1)?, inputs.optional(2))?;
        let fact = Fact { dtype: DType::Int, shape: x.shape().to_vec() };
        Ok(vec![tensor(fact, codes.eval(x.data()))?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::Quantize(self.of_operands(inputs)?)])
    }
}

#[cfg(test)]
mod tests;
