//! [QuantizeLinear](https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html): `clamp(round(x / scale) + zero point)`
//! to the range of the zero point's element type, ties to even; one scale, or one for each coordinate of an axis. Opset
//! 10+.
//!
//! The circuit's codes are these integers (`docs/design.md`, "Networks that are quantized already", says where they may
//! differ). Unsupported: private scales, scales per block, zero points that differ along the axis, 4-bit and 8-bit
//! real types.

use super::{
    op::{Attrs, Codes, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand, tensor},
    support::codes::{scales, spread},
};
use crate::tensor::{DType, Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "QuantizeLinear",
    opsets: 10..=27,
    inputs: 2..=3,
    summary: "codes of 8 or 16 bits at constant scales, per tensor or per axis",
    marks: &[],
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
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, integers, of_type, private},
    };

    const INT8: [f64; 2] = [-128.0, 127.0];

    #[test]
    fn quantize_linear() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 6], &[-1.0, 0.25, 0.75, 1.25, 63.7, 1e6]);
        let half = constant(&[], &[0.5]);
        // Ties to even, then the zero point; saturated at either end.
        case.gives(&[&x, &half, &of_type([0.0, 255.0], &[], &[1])], &[1, 6], &[0.0, 1.0, 3.0, 3.0, 128.0, 255.0]);
        case.gives(&[&x, &half, &of_type(INT8, &[], &[-127])], &[1, 6], &[-128.0, -127.0, -125.0, -125.0, 0.0, 127.0]);
        case.gives(&[&x, &half], &[1, 6], &[0.0, 0.0, 2.0, 2.0, 127.0, 255.0]);
        let wide = case.with("output_dtype", Attr::Int(5));
        wide.gives(&[&x, &half], &[1, 6], &[-2.0, 0.0, 2.0, 2.0, 127.0, 32767.0]);
        let per_axis = [&private(&[2, 2], &[1.0, 2.0, 1.0, 2.0]), &constant(&[2], &[1.0, 0.25])];
        case.with("axis", Attr::Int(0)).gives(&per_axis, &[2, 2], &[1.0, 2.0, 4.0, 8.0]);
        case.gives(&per_axis, &[2, 2], &[1.0, 8.0, 1.0, 8.0]);
    }

    #[test]
    fn quantize_linear_refuses() {
        let case = Case::new(&super::DEF);
        let (x, one) = (private(&[1, 2], &[0.0; 2]), constant(&[], &[1.0]));
        case.unsupported(&[&x, &private(&[], &[1.0])]);
        case.unsupported(&[&x, &one, &integers(&[], &[0])]);
        case.unsupported(&[&x, &one, &of_type(INT8, &[2], &[0, 1])]);
        case.unsupported(&[&x, &one, &of_type(INT8, &[], &[200])]);
        case.unsupported(&[&x, &constant(&[1, 2], &[1.0; 2])]);
        case.graph_error(&[&x, &constant(&[], &[0.0])]);
        case.shape_error(&[&x, &constant(&[3], &[1.0; 3])]);
        case.with("block_size", Attr::Int(2)).unsupported(&[]);
        case.with("output_dtype", Attr::Int(17)).unsupported(&[]);
    }
}
