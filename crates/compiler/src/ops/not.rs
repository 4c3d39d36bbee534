//! [Not](https://onnx.ai/onnx/operators/onnx__Not.html): 1 − x of a truth value. Opset 1+. Exact: it goes into the
//! weights.

use super::{op::RewriteDef, support::inputs::only};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Not",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "1 − x of a truth value",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let y = to.affine(only(inputs)?, -1.0, 1.0)?;
        Ok(vec![to.relabel(y, DType::Bool)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, truths};

    #[test]
    fn not() {
        let case = Case::new(&super::DEF);
        case.gives(&[&truths(&[1, 2], &[0, 1]).into_private()], &[1, 2], &[1.0, 0.0]);
    }
}
