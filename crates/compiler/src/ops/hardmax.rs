//! [Hardmax](https://onnx.ai/onnx/operators/onnx__Hardmax.html): 1 at the first largest value along an axis, else 0.
//! Opset 1+; before 13 along all axes from the given one on.
//!
//! By tables of differences, so values within a table step count as equal.

use super::{
    op::RewriteDef,
    support::{
        inputs::only,
        rows::{named, one_largest},
    },
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Hardmax",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "1 at the first largest value of an axis, else 0",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let (moved, back) = named(&mut attrs, to, only(inputs)?)?;
        attrs.finish()?;
        let first = one_largest(to, moved, false)?;
        let first = to.relabel(first, DType::Float)?;
        Ok(vec![back.undo(to, first)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn hardmax() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 3], &[1.0, 3.0, 3.0, 2.0, 0.0, 1.0]);
        case.gives(&[&x], &[2, 3], &[0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
        case.with("axis", Attr::Int(0)).gives(&[&x], &[2, 3], &[0.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
        case.with("axis", Attr::Int(2)).graph_error(&[&x]);
        let all = case.opset(11).with("axis", Attr::Int(0));
        all.gives(&[&x], &[2, 3], &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
