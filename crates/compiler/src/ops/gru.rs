//! [GRU](https://onnx.ai/onnx/operators/onnx__GRU.html): gated recurrent units, unrolled. Opset 7+.
//!
//! Every step is matrix products with constant weights, activations by table and products value by value, each
//! rounded once. Unsupported: `clip`, sequences of several lengths, private weights, and activations other than
//! Sigmoid, Tanh and Relu.

use super::{
    op::RewriteDef,
    support::recurrent::{Cell, unroll},
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "GRU",
    opsets: 7..=27,
    inputs: 3..=6,
    summary: "gated recurrent units, unrolled; constant weights",
    marks: &[],
    rewrite: |attrs, inputs, to| unroll(Cell::Gru, attrs, inputs, to),
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, missing, private},
    };

    #[test]
    fn gru() {
        let case = Case::new(&super::DEF);
        // All gates see 0: z = ½ and the candidate is 0, so that the state halves.
        let x = private(&[2, 1, 1], &[1.0, -1.0]);
        let (w, r) = (constant(&[1, 3, 1], &[0.0; 3]), constant(&[1, 3, 1], &[0.0; 3]));
        let (bias, state) = (missing(), private(&[1, 1, 1], &[4.0]));
        case.gives(&[&x, &w, &r, &bias, &missing(), &state], &[2, 1, 1, 1], &[2.0, 1.0]);
        case.with("clip", Attr::Float(1.0)).unsupported(&[&x, &w, &r]);
    }
}
