//! [Max](https://onnx.ai/onnx/operators/onnx__Max.html) of all operands with numpy broadcasting. Opset 8+.
//!
//! a + relu(b − a), two at a time; exact on the values that it is given.

use super::{
    op::RewriteDef,
    support::{extreme::larger, inputs::fold},
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Max",
    opsets: 1..=27,
    inputs: 1..=64,
    summary: "largest of all operands with broadcasting",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        fold(inputs, to, larger)
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, private};

    #[test]
    fn max() {
        let case = Case::new(&super::DEF);
        let (a, b) = (private(&[1, 3], &[1.0, 5.0, -1.0]), private(&[2, 1], &[2.0, -2.0]));
        case.gives(&[&a, &b], &[2, 3], &[2.0, 5.0, 2.0, 1.0, 5.0, -1.0]);
        case.gives(&[&constant(&[], &[3.0]), &a], &[1, 3], &[3.0, 5.0, 3.0]);
        case.gives(&[&a], &[1, 3], &[1.0, 5.0, -1.0]);
        let none = constant(&[2, 1], &[-f64::from(f32::MAX); 2]);
        case.gives(&[&a, &none], &[2, 3], &[1.0, 5.0, -1.0, 1.0, 5.0, -1.0]);
    }
}
