//! [Sign](https://onnx.ai/onnx/operators/onnx__Sign.html): −1, 0 or 1 as x is negative, 0 or positive, element by
//! element. Opset 9+.
//!
//! Two comparisons with 0; exact for integers.

use super::{op::RewriteDef, support::inputs::only};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Sign",
    opsets: 9..=27,
    inputs: 1..=1,
    summary: "−1, 0 or 1",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let x = only(inputs)?;
        let dtype = to.fact(x).dtype;
        let x = to.float(x)?;
        let (least, above) = (to.compares(x, false)?, to.compares(x, true)?);
        let (least, above) = (to.float(least)?, to.float(above)?);
        let sum = to.op("Add", &[least, above])?;
        let sign = to.affine(sum, 1.0, -1.0)?;
        if dtype == DType::Int {
            return Ok(vec![to.whole(sign, -1.0, 1.0)?]);
        }
        Ok(vec![to.relabel(sign, dtype)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn sign() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[-0.1, 0.0, 7.0])], &[1, 3], &[-1.0, 0.0, 1.0]);
        case.gives(&[&integers(&[1, 2], &[-3, 0]).into_private()], &[1, 2], &[-1.0, 0.0]);
    }
}
