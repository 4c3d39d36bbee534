//! [Or](https://onnx.ai/onnx/operators/onnx__Or.html): whether one holds, with numpy broadcasting. Opset 7+. Exact: a
//! table of the sum.

use super::{
    op::RewriteDef,
    support::{inputs::without_attributes, truth::sum},
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Or",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "whether one holds",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let pair = without_attributes(attrs, inputs)?;
        let sum = sum(to, pair)?;
        let holds = to.at_least("Or", sum, 0.5)?;
        Ok(vec![to.relabel(holds, DType::Bool)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, truths};

    #[test]
    fn or() {
        let case = Case::new(&super::DEF);
        let (a, b) = (truths(&[1, 4], &[0, 0, 1, 1]).into_private(), truths(&[4], &[0, 1, 0, 1]));
        case.gives(&[&a, &b], &[1, 4], &[0.0, 1.0, 1.0, 1.0]);
        case.gives(&[&a, &b.into_private()], &[1, 4], &[0.0, 1.0, 1.0, 1.0]);
    }
}
