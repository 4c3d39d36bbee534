//! [RNN](https://onnx.ai/onnx/operators/onnx__RNN.html): a simple recurrent network, unrolled. Opset 7+.
//!
//! Every step is matrix products with constant weights, activations by table and products value by value, each
//! rounded once. Unsupported: `clip`, sequences of several lengths, private weights, and activations other than
//! Sigmoid, Tanh and Relu.

use super::{
    op::RewriteDef,
    support::recurrent::{Cell, unroll},
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "RNN",
    opsets: 7..=27,
    inputs: 3..=6,
    summary: "simple recurrent network, unrolled; constant weights",
    marks: &[],
    rewrite: |attrs, inputs, to| unroll(Cell::Rnn, attrs, inputs, to),
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, private},
    };

    #[test]
    fn rnn() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 1, 1], &[1.0, -1.0]);
        let (w, r) = (constant(&[1, 1, 1], &[0.5]), constant(&[1, 1, 1], &[2.0]));
        let first = 0.5f64.tanh();
        case.gives(&[&x, &w, &r], &[2, 1, 1, 1], &[first, (2.0 * first - 0.5).tanh()]);
        let batch_first = private(&[1, 2, 1], &[1.0, -1.0]);
        let swapped = case.with("layout", Attr::Int(1));
        swapped.gives(&[&batch_first, &w, &r], &[1, 2, 1, 1], &[first, (2.0 * first - 0.5).tanh()]);
        case.with("clip", Attr::Float(1.0)).unsupported(&[&x, &w, &r]);
        case.unsupported(&[&x, &w.into_private(), &r]);
    }
}
