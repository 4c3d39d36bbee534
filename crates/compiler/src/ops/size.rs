//! [Size](https://onnx.ai/onnx/operators/onnx__Size.html): the number of values. Opset 1+. Folded: it depends on
//! shapes and constants alone.

use super::{
    op::{Mark, RewriteDef},
    support::inputs::only,
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Size",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "the number of values, folded",
    marks: &[Mark::TakesEmpty],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let len = to.len(only(inputs)?);
        Ok(vec![to.tensor(DType::Int, vec![], vec![len as f64])?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, private};

    #[test]
    fn size() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[2, 1, 3], &[0.0; 6])], &[], &[6.0]);
    }
}
