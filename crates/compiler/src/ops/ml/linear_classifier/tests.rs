use super::super::tests::{Case, floats, ints, text, texts};

#[test]
fn scores_and_the_first_largest() {
    let case = Case::new(&super::DEF)
        .with("coefficients", floats(&[1.0, 0.0, 0.0, 1.0, -1.0, -1.0]))
        .with("intercepts", floats(&[0.0, 0.5, 0.0]))
        .with("classlabels_ints", ints(&[3, 4, 8]));
    case.gives(&[1.0, 0.5], &[&[3.0], &[1.0, 1.0, -1.5]]);
    case.gives(&[1.0, 0.75], &[&[4.0], &[1.0, 1.25, -1.75]]);
    case.gives(&[-1.0, -1.0], &[&[8.0], &[-1.0, -0.5, 2.0]]);
    let sum: f64 = [1f64, 1.0, -1.5].iter().map(|x| x.exp()).sum();
    let softmax = case.with("post_transform", text("SOFTMAX"));
    softmax.gives(&[1.0, 0.5], &[&[3.0], &[1f64.exp() / sum, 1f64.exp() / sum, (-1.5f64).exp() / sum]]);
    case.with("post_transform", text("SOFTMAX_ZERO")).unsupported(2);
    case.graph_error(3);
}

#[test]
fn two_labels() {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let one = Case::new(&super::DEF)
        .with("coefficients", floats(&[1.0, -2.0]))
        .with("intercepts", floats(&[0.5]))
        .with("classlabels_strings", texts(&["no", "yes"]));
    one.gives(&[1.0, 0.5], &[&[1.0], &[-0.5, 0.5]]);
    one.gives(&[0.5, 0.5], &[&[0.0], &[0.0, 0.0]]);
    let logistic = one.with("post_transform", text("LOGISTIC"));
    logistic.gives(&[1.0, 0.5], &[&[1.0], &[sigmoid(-0.5), sigmoid(0.5)]]);
    one.with("post_transform", text("SOFTMAX")).unsupported(2);
    let pair = Case::new(&super::DEF)
        .with("coefficients", floats(&[-1.0, 2.0, 1.0, -2.0]))
        .with("intercepts", floats(&[-0.5, 0.5]))
        .with("classlabels_ints", ints(&[0, 1]))
        .with("post_transform", text("LOGISTIC"));
    pair.gives(&[1.0, 0.5], &[&[1.0], &[sigmoid(-0.5), sigmoid(0.5)]]);
}
