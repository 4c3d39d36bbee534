//! [EyeLike](https://onnx.ai/onnx/operators/onnx__EyeLike.html): ones on a diagonal of a matrix. Opset 9+. Folded: it
//! depends on shapes and constants alone.

use super::{
    op::{OpError, RewriteDef},
    support::inputs::only,
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "EyeLike",
    opsets: 9..=27,
    inputs: 1..=1,
    summary: "ones on a diagonal, folded",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let k = attrs.int("k").unwrap_or(0);
        let dtype = attrs.int("dtype");
        attrs.finish()?;
        let fact = to.fact(only(inputs)?);
        let [rows, columns] = fact.shape[..] else { return Err(OpError::shape("a matrix", &[&fact.shape])) };
        let dtype = match dtype {
            None => fact.dtype,
            Some(1 | 10 | 11 | 16) => DType::Float,
            Some(9) => DType::Bool,
            Some(_) => DType::Int,
        };
        let one = |at: usize| f64::from((at % columns) as i64 - (at / columns) as i64 == k);
        Ok(vec![to.tensor(dtype, vec![rows, columns], (0..rows * columns).map(one).collect())?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn eye_like() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 3], &[0.0; 6]);
        case.gives(&[&x], &[2, 3], &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        case.with("k", Attr::Int(1)).gives(&[&x], &[2, 3], &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        case.shape_error(&[&private(&[1], &[0.0])]);
    }
}
