use super::super::tests::{Case, floats, ints, text};

#[test]
fn without_support_vectors() {
    let case = Case::new(&super::DEF)
        .with("coefficients", floats(&[1.0, 0.0, 0.0, 1.0, -1.0, -1.0]))
        .with("rho", floats(&[0.25]))
        .with("classlabels_ints", ints(&[0, 1, 2]));
    case.gives(&[1.0, 0.5], &[&[0.0], &[1.25, 0.75, -1.25]]);
    case.with("kernel_type", text("RBF")).unsupported(2);
    case.with("support_vectors", floats(&[1.0, 2.0])).graph_error(2);
    case.with("prob_a", floats(&[1.0])).unsupported(2);
}

/// Of two classes with a vector each: the score of the first one.
fn two() -> Case {
    Case::new(&super::DEF)
        .with("kernel_type", text("RBF"))
        .with("kernel_params", floats(&[0.5, 0.0, 3.0]))
        .with("support_vectors", floats(&[0.0, 2.0]))
        .with("vectors_per_class", ints(&[1, 1]))
        .with("coefficients", floats(&[1.0, -1.0]))
        .with("rho", floats(&[0.1]))
        .with("classlabels_ints", ints(&[4, 7]))
}

#[test]
fn two_classes() {
    let score = |x: f64| (-0.5 * x * x).exp() - (-0.5 * (x - 2.0) * (x - 2.0)).exp() + 0.1;
    for x in [0.0, 0.9, 1.2, 2.0] {
        let label = if score(x) > 0.0 { 4.0 } else { 7.0 };
        two().gives(&[x], &[&[label], &[-score(x), score(x)]]);
        let first = 1.0 / (1.0 + (-2.0 * score(x) + 0.5).exp());
        let likely = two().with("prob_a", floats(&[-2.0])).with("prob_b", floats(&[0.5]));
        likely.gives(&[x], &[&[label], &[first, 1.0 - first]]);
    }
    two().with("post_transform", text("LOGISTIC")).unsupported(1);
    two().replaced("vectors_per_class", ints(&[1, 2])).graph_error(1);
    two().replaced("vectors_per_class", ints(&[-1, 3])).graph_error(1);
}

#[test]
fn votes_of_three_classes() {
    // One vector each at 0, 1 and 2, linear: every pair by its own coefficients.
    let case = Case::new(&super::DEF)
        .with("support_vectors", floats(&[1.0, 0.0, 0.0, 1.0, -1.0, -1.0]))
        .with("vectors_per_class", ints(&[1, 1, 1]))
        .with("coefficients", floats(&[1.0, -1.0, -2.0, 0.5, 1.0, -1.0]))
        .with("rho", floats(&[0.0, 0.0, 0.0]))
        .with("classlabels_ints", ints(&[0, 1, 2]));
    // Scores of 0 against 1, 0 against 2 and 1 against 2.
    let scores = |x: [f64; 2]| {
        let k = [x[0], x[1], -x[0] - x[1]];
        [k[0] - k[1], 0.5 * k[0] - 2.0 * k[2], k[1] - k[2]]
    };
    for x in [[1.0, 0.5], [0.5, 1.0], [-1.0, -1.0], [2.0, -3.0]] {
        let s = scores(x);
        let mut votes = [0; 3];
        for (score, (i, j)) in s.iter().zip([(0, 1), (0, 2), (1, 2)]) {
            votes[if *score > 0.0 { i } else { j }] += 1;
        }
        let label = (0..3).rev().max_by_key(|class| votes[*class]).unwrap();
        case.gives(&x, &[&[label as f64], &s]);
    }
    // The label alone needs no probabilities.
    let likely = case.with("prob_a", floats(&[1.0; 3])).with("prob_b", floats(&[0.0; 3]));
    assert!(likely.graph(2, 1).is_ok() && likely.graph(2, 2).is_err());
}
