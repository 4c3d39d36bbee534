//! [Mean](https://onnx.ai/onnx/operators/onnx__Mean.html) of all operands with numpy broadcasting. Opset 8+. Exact:
//! the divisor goes into the weights.

use super::{op::RewriteDef, support::inputs::only};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Mean",
    opsets: 1..=27,
    inputs: 1..=64,
    summary: "mean of all operands with broadcasting",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        only(inputs)?;
        let sum = to.all("Sum", &[], inputs)?;
        sum.into_iter().map(|sum| to.affine(sum, (inputs.len() as f64).recip(), 0.0)).collect()
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, private};

    #[test]
    fn mean() {
        let case = Case::new(&super::DEF);
        let (a, b) = (private(&[1, 2], &[1.0, 5.0]), private(&[2, 1], &[2.0, -2.0]));
        case.gives(&[&a, &b], &[2, 2], &[1.5, 3.5, -0.5, 1.5]);
        case.gives(&[&a], &[1, 2], &[1.0, 5.0]);
    }
}
