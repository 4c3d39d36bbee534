//! [Mod](https://onnx.ai/onnx/operators/onnx__Mod.html): a − b · floor(a / b), or with `fmod` = 1 a − b · trunc(a /
//! b). Opset 10+.
//!
//! The quotient is rounded by a table: exact for integers, else up to a table step at the multiples of b. Unsupported:
//! a private divisor.

use hushproof_core::graph::Unary;

use super::{
    op::{Id, OpError, OpResult, RewriteDef, Rewriter},
    support::inputs::without_attributes,
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Mod",
    opsets: 10..=27,
    inputs: 2..=2,
    summary: "remainder by a constant",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let truncated = attrs.flag("fmod", false);
        let (a, b) = without_attributes(attrs, inputs)?;
        if to.value(b).is_none() {
            return Err(OpError::unsupported("a private divisor"));
        }
        let dtype = to.fact(a).dtype;
        let (a, b) = (to.float(a)?, to.float(b)?);
        let y = match (dtype, truncated) {
            (DType::Int, false) => whole_remainder(to, a, b)?,
            // Truncation is the floor of magnitudes.
            (DType::Int, true) => {
                let (sign, magnitude, divisor) = (to.op("Sign", &[a])?, to.op("Abs", &[a])?, to.op("Abs", &[b])?);
                let y = whole_remainder(to, magnitude, divisor)?;
                to.op("Mul", &[sign, y])?
            }
            _ => {
                let quotient = to.op("Div", &[a, b])?;
                remainder(to, a, b, quotient, if truncated { Unary::Truncate } else { Unary::Floor })?
            }
        };
        Ok(vec![to.relabel(y, dtype)?])
    },
};

/// a − b · floor(a / b) of whole numbers.
fn whole_remainder(to: &mut Rewriter<'_>, a: Id, b: Id) -> OpResult<Id> {
    let quotient = to.op("Div", &[a, b])?;
    // Quotients of integers are off the steps, whatever rounds them.
    let offset = to.value(b).map_or(0.0, |b| 0.25 / b.data().iter().fold(1.0, |most: f64, b| most.max(b.abs())));
    let quotient = to.affine(quotient, 1.0, offset)?;
    remainder(to, a, b, quotient, Unary::Floor)
}

/// a − b · rounded(quotient).
fn remainder(to: &mut Rewriter<'_>, a: Id, b: Id, quotient: Id, rounded: Unary) -> OpResult<Id> {
    let whole = to.table("Floor", rounded, quotient)?;
    let product = to.op("Mul", &[whole, b])?;
    to.op("Sub", &[a, product])
}

#[cfg(test)]
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
        let whole = integers(&[1, 4], &[-6, -7, 6, 8]).into_private();
        case.with("fmod", Attr::Int(1)).gives(&[&whole, &integers(&[1], &[3])], &[1, 4], &[0.0, -1.0, 0.0, 2.0]);
    }
}
