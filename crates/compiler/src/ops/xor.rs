//! [Xor](https://onnx.ai/onnx/operators/onnx__Xor.html): whether exactly one holds, with numpy broadcasting. Opset
//! 7+. Exact: the sum, less 2 where both hold.

use super::{
    op::RewriteDef,
    support::{inputs::without_attributes, truth::sum},
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Xor",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "whether exactly one holds",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let pair = without_attributes(attrs, inputs)?;
        let sum = sum(to, pair)?;
        let both = to.at_least("Xor", sum, 1.5)?;
        let twice = to.affine(both, 2.0, 0.0)?;
        let one = to.op("Sub", &[sum, twice])?;
        Ok(vec![to.relabel(one, DType::Bool)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, truths};

    #[test]
    fn xor() {
        let case = Case::new(&super::DEF);
        let (a, b) = (truths(&[1, 4], &[0, 0, 1, 1]).into_private(), truths(&[4], &[0, 1, 0, 1]));
        case.gives(&[&a, &b], &[1, 4], &[0.0, 1.0, 1.0, 0.0]);
        case.gives(&[&a, &b.into_private()], &[1, 4], &[0.0, 1.0, 1.0, 0.0]);
    }
}
