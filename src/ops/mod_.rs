//! [Mod](https://onnx.ai/onnx/operators/onnx__Mod.html): a − b · floor(a / b), or with `fmod` = 1 a − b · trunc(a /
//! b). Opset 10+.
//!
//! The quotient is rounded by a table: exact for integers, else up to a table step at the multiples of b. Unsupported: a
//! private divisor.

use super::{OpError, RewriteDef, inputs::without_attributes};
use crate::{graph::planar::Unary, tensor::DType};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Mod",
    opsets: 10..=27,
    inputs: 2..=2,
    summary: "remainder by a constant",
    rewrite: |mut attrs, inputs, to| {
        let function = if attrs.flag("fmod", false) { Unary::Truncate } else { Unary::Floor };
        let (a, b) = without_attributes(attrs, inputs)?;
        if to.value(b).is_none() {
            return Err(OpError::unsupported("a private divisor"));
        }
        let dtype = to.fact(a).dtype;
        let (a, b) = (to.float(a)?, to.float(b)?);
        let mut quotient = to.op("Div", &[a, b])?;
        if dtype == DType::Int {
            // Quotients of integers are off their steps, whatever rounds them.
            let half = to.value(b).map_or(0.0, |b| 0.25 / b.data().iter().fold(1.0, |most: f64, b| most.max(b.abs())));
            quotient = to.affine(quotient, 1.0, half)?;
        }
        let whole = to.table("Floor", function, quotient)?;
        let product = to.op("Mul", &[whole, b])?;
        let y = to.op("Sub", &[a, product])?;
        Ok(vec![to.relabel(y, dtype)?])
    },
};

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, integers, private},
    };

    #[test]
    fn modulo() {
        let case = Case::new(&super::DEF);
        let (x, m) = (private(&[1, 4], &[1.0, -1.0, 0.5, 2.0]), constant(&[1], &[0.75]));
        case.gives(&[&x, &m], &[1, 4], &[0.25, 0.5, 0.5, 0.5]);
        case.with("fmod", Attr::Int(1)).gives(&[&x, &m], &[1, 4], &[0.25, -0.25, 0.5, 0.5]);
        let whole = integers(&[1, 3], &[7, -7, 6]).into_private();
        case.gives(&[&whole, &integers(&[1], &[3])], &[1, 3], &[1.0, 2.0, 0.0]);
    }
}
