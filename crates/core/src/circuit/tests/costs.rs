//! What a circuit's size follows.

use super::{
    super::Layout,
    fixtures::{Builder, Geometry},
};
use crate::graph::{Activation, Lanes, Map, Model, Shape};

/// A LeNet with "same" convolutions; groups of its second convolution and of its second dense layer trade weights on
/// planes of 14 × 14 for weights on vectors.
fn lenet(conv_groups: usize, dense_groups: usize) -> Model {
    let input = Shape { channels: 1, height: 28, width: 28 };
    let mut b = Builder::new(input, Lanes { activations: 8, weights: 4 });
    let pool = |groups: usize| Geometry { kernel: [2; 2], stride: [2; 2], dilation: [1; 2], pad: [0; 2], groups };
    let x = b.conv(0, 8, Geometry::same(5), Activation::Relu);
    let x = b.conv(x, 8, pool(8), Activation::Linear);
    let x = b.conv(x, 16, Geometry { groups: conv_groups, ..Geometry::same(5) }, Activation::Relu);
    let x = b.conv(x, 16, Geometry::same(1), Activation::Relu);
    let x = b.conv(x, 16, pool(16), Activation::Linear);
    let x = b.dense(x, 100, Activation::Relu);
    let x = b.conv(x, 48, Geometry { groups: dense_groups, ..Geometry::same(1) }, Activation::Relu);
    b.dense(x, 10, Activation::Linear);
    b.model
}

/// Weights, and multiplications of one evaluation.
fn counts(model: &Model) -> (usize, usize) {
    let mut sum = (0, 0);
    for layer in &model.layers {
        for term in &layer.terms {
            let (weights, uses) = match &term.map {
                Map::Conv(conv) => (conv.weights.len(), layer.shape.plane()),
                Map::Sparse(sparse) => (sparse.columns.iter().map(Vec::len).sum(), 1),
                Map::Product(_) => (1, layer.shape.len()),
            };
            sum = (sum.0 + weights, sum.1 + weights * uses);
        }
    }
    sum
}

#[test]
fn twice_the_multiplications_cost_the_same() {
    let (few, many) = (lenet(4, 1), lenet(1, 2));
    let (a, b) = (Layout::new(&few).unwrap(), Layout::new(&many).unwrap());
    let ((weights, products), (other_weights, other_products)) = (counts(&few), counts(&many));
    assert_eq!(weights, other_weights);
    assert_eq!(a.activations(), b.activations());
    assert!(other_products >= 2 * products);
    assert_eq!((a.k, &a.params), (b.k, &b.params));
    assert_eq!(a.prediction(), b.prediction());
    let near = |a: usize, b: usize| a.abs_diff(b) * 20 <= a.max(b);
    let (rows, other_rows) = (a.row_counts(), b.row_counts());
    assert!(near(rows.0, other_rows.0) && near(rows.1, other_rows.1), "{rows:?} and {other_rows:?}");
    assert!(near(a.assigned_cells(), b.assigned_cells()));
}
