use super::super::tests::{Case, ints, tensor, whole};
use crate::ops::Attr;

/// x₀ ≤ 1 ? leaf 0 : (x₁ = 2 ? leaf 1 : leaf 2).
fn ensemble() -> Case {
    Case::new(&super::DEF)
        .with("tree_roots", ints(&[0]))
        .with("nodes_featureids", ints(&[0, 1]))
        .with("nodes_splits", tensor(&[1.0, 2.0]))
        .with("nodes_modes", whole(&[0, 4]))
        .with("nodes_truenodeids", ints(&[0, 1]))
        .with("nodes_trueleafs", ints(&[1, 1]))
        .with("nodes_falsenodeids", ints(&[1, 2]))
        .with("nodes_falseleafs", ints(&[0, 1]))
        .with("leaf_targetids", ints(&[0, 1, 0]))
        .with("leaf_weights", tensor(&[5.0, 6.0, 7.0]))
        .with("n_targets", Attr::Int(2))
}

#[test]
fn tree_ensemble() {
    let case = ensemble();
    case.gives(&[1.0, 2.0], &[&[5.0, 0.0]]);
    case.gives(&[2.0, 2.0], &[&[0.0, 6.0]]);
    case.gives(&[2.0, 3.0], &[&[7.0, 0.0]]);
    case.replaced("nodes_modes", whole(&[0, 5])).gives(&[2.0, 3.0], &[&[0.0, 6.0]]);
    case.replaced("nodes_modes", whole(&[0, 6])).unsupported(2);
    case.replaced("n_targets", Attr::Int(1)).graph_error(2);
    case.replaced("nodes_falsenodeids", ints(&[0, 2])).graph_error(2);
    case.replaced("nodes_falsenodeids", ints(&[1, 3])).graph_error(2);
    case.replaced("tree_roots", ints(&[1])).graph_error(2);
    case.replaced("leaf_weights", tensor(&[5.0, 6.0])).graph_error(2);
}
