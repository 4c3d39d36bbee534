//! [LSTM](https://onnx.ai/onnx/operators/onnx__LSTM.html): long short-term memory, unrolled. Opset 7+.
//!
//! Every step is matrix products with constant weights, activations by table and products value by value, each
//! rounded once. Unsupported: `clip`, `input_forget` = 1, sequences of several lengths, private weights, and
//! activations other than Sigmoid, Tanh and Relu.

use super::{
    op::RewriteDef,
    support::recurrent::{Cell, unroll},
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "LSTM",
    opsets: 7..=27,
    inputs: 3..=8,
    summary: "long short-term memory, unrolled; constant weights",
    marks: &[],
    rewrite: |attrs, inputs, to| unroll(Cell::Lstm, attrs, inputs, to),
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, missing, private},
    };

    #[test]
    fn lstm() {
        let case = Case::new(&super::DEF);
        // All gates see 0: they are ½ and the candidate is 0, so that the cell halves.
        let x = private(&[2, 1, 1], &[1.0, -1.0]);
        let (w, r) = (constant(&[1, 4, 1], &[0.0; 4]), constant(&[1, 4, 1], &[0.0; 4]));
        let (bias, state, cell) = (missing(), private(&[1, 1, 1], &[3.0]), private(&[1, 1, 1], &[4.0]));
        let expected = [0.5 * 2f64.tanh(), 0.5 * 1f64.tanh()];
        case.gives(&[&x, &w, &r, &bias, &missing(), &state, &cell], &[2, 1, 1, 1], &expected);
        // The output gate sees the new cell.
        let peepholes = constant(&[1, 3], &[0.0, 1.0, 0.0]);
        let expected = [2f64, 1.0].map(|cell| cell.tanh() / (1.0 + (-cell).exp()));
        case.gives(&[&x, &w, &r, &bias, &missing(), &state, &cell, &peepholes], &[2, 1, 1, 1], &expected);
        case.with("input_forget", Attr::Int(1)).unsupported(&[&x, &w, &r]);
    }
}
