//! [BitShift](https://onnx.ai/onnx/operators/onnx__BitShift.html) of unsigned integers by constants: products with
//! powers of two, or their quotients rounded down. Opset 11+.
//!
//! To the left exact; values that do not fit their type are not reduced. To the right by a table, up to a table step.

use hushproof_core::{float, graph::Unary};

use super::{
    op::{Attrs, Id, OpError, OpResult, RewriteDef, Rewriter},
    support::inputs::pair,
};
use crate::tensor::DType;

/// Most bits.
const MAX_SHIFT: f64 = 31.0;

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "BitShift",
    opsets: 11..=27,
    inputs: 2..=2,
    summary: "unsigned integers times or divided by constant powers of two",
    marks: &[],
    rewrite,
};

fn rewrite(mut attrs: Attrs, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
    let direction = attrs.text("direction").unwrap_or_default();
    let sign = match direction.as_str() {
        "LEFT" => 1.0,
        "RIGHT" => -1.0,
        other => {
            attrs.reject(format!("direction = {other:?}; LEFT and RIGHT are served"));
            1.0
        }
    };
    attrs.finish()?;
    let (x, bits) = pair(inputs)?;
    let bits =
        to.value(bits).ok_or_else(|| OpError::unsupported("shifts by private numbers; they must be constant"))?;
    if bits.data().iter().any(|bits| !(0.0..=MAX_SHIFT).contains(bits)) {
        return Err(OpError::Graph(format!("shifts by a number that is not in 0..={MAX_SHIFT}")));
    }
    let (shape, most) = (bits.shape().to_vec(), bits.data().iter().copied().fold(0.0, f64::max));
    let powers = bits.data().iter().map(|bits| float::exp2(sign * bits)).collect();
    let powers = to.floats(&shape, powers)?;
    let x = to.float(x)?;
    let mut y = to.op("Mul", &[x, powers])?;
    if sign < 0.0 {
        // Half of the least distance to the next whole number below, so that no rounding gets there.
        y = to.affine(y, 1.0, 0.5 * float::exp2(-most))?;
        y = to.table("Floor", Unary::Floor, y)?;
    }
    Ok(vec![to.relabel(y, DType::Int)?])
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers},
    };

    #[test]
    fn bit_shift() {
        let case = |direction: &str| Case::new(&super::DEF).with("direction", Attr::Text(direction.into()));
        let x = integers(&[3], &[16, 7, 1]).into_private();
        let bits = integers(&[3], &[1, 2, 0]);
        case("LEFT").gives(&[&x, &bits], &[3], &[32.0, 28.0, 1.0]);
        case("RIGHT").gives(&[&x, &bits], &[3], &[8.0, 1.0, 1.0]);
        case("UP").unsupported(&[&x, &bits]);
        case("LEFT").unsupported(&[&x, &integers(&[3], &[1; 3]).into_private()]);
        case("LEFT").graph_error(&[&x, &integers(&[1], &[40])]);
    }
}
