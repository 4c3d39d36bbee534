//! [Pow](https://onnx.ai/onnx/operators/onnx__Pow.html): a to the power b with numpy broadcasting. Opset 7+.
//!
//! A constant power is a table, so it must be one number. Of a private power the base must be constant and positive:
//! e^(b · ln a) by a table of e^x. Unsupported: both private, and integers to a private
//! power.

use hushproof_core::{float, graph::Unary};

use super::{
    op::{OpError, RewriteDef},
    support::inputs::without_attributes,
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Pow",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "a to the power b; either a constant, one number if it is the power",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let (a, b) = without_attributes(attrs, inputs)?;
        let dtype = to.fact(a).dtype;
        if let Some(power) = to.value(b) {
            let exponent = match power.data() {
                [first, rest @ ..] if rest.iter().all(|power| power == first) => *first,
                _ => return Err(OpError::unsupported("a power that is not one number")),
            };
            let shape = to.shape(b);
            let y = if exponent == 1.0 { to.float(a)? } else { to.table("Pow", Unary::Pow { exponent }, a)? };
            // The power's shape may enlarge the result.
            let y = if shape.is_empty() {
                y
            } else {
                let ones = to.floats(&shape, vec![1.0; shape.iter().product()])?;
                to.op("Mul", &[y, ones])?
            };
            let whole = exponent >= 0.0 && exponent.fract() == 0.0 && dtype == DType::Int;
            return Ok(vec![if whole { to.relabel(y, DType::Int)? } else { y }]);
        }
        if dtype == DType::Int {
            return Err(OpError::unsupported("an integer to a private power; insert a Cast to FLOAT"));
        }
        let base = to.value(a).ok_or_else(|| OpError::unsupported("a private base and a private power"))?;
        if base.data().iter().any(|base| *base <= 0.0) {
            return Err(OpError::unsupported("a private power of a number that is not positive"));
        }
        let (shape, logs) = (base.shape().to_vec(), base.data().iter().map(|base| float::ln(*base)).collect());
        let logs = to.floats(&shape, logs)?;
        let b = to.float(b)?;
        let y = to.op("Mul", &[b, logs])?;
        Ok(vec![to.table("Exp", Unary::Exp, y)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, private};

    #[test]
    fn pow() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 2], &[3.0, -2.0]);
        case.gives(&[&x, &constant(&[], &[2.0])], &[1, 2], &[9.0, 4.0]);
        case.gives(&[&x, &constant(&[2, 1], &[3.0, 3.0])], &[2, 2], &[27.0, -8.0, 27.0, -8.0]);
        case.gives(&[&constant(&[], &[2.0]), &x], &[1, 2], &[8.0, 0.25]);
        case.unsupported(&[&x, &constant(&[2], &[1.0, 2.0])]);
        case.unsupported(&[&constant(&[], &[-2.0]), &x]);
        case.unsupported(&[&x, &x]);
    }
}
