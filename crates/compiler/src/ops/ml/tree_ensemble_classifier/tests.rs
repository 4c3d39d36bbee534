use super::super::tests::{Case, Stump, floats, ints, text};

/// Two stumps on two features.
fn classifier(ids: [i64; 4], weights: &[f64], labels: &[i64]) -> Case {
    let stumps =
        [Stump { feature: 0, mode: "BRANCH_LEQ", value: 1.0 }, Stump { feature: 1, mode: "BRANCH_LT", value: 0.5 }];
    let case = Case::new(&super::DEF).stumps(&stumps);
    case.with("class_treeids", ints(&[0, 0, 1, 1]))
        .with("class_nodeids", ints(&[1, 2, 1, 2]))
        .with("class_ids", ints(&ids))
        .with("class_weights", floats(weights))
        .with("classlabels_int64s", ints(labels))
}

#[test]
fn one_score_decides_between_two_labels() {
    let votes = classifier([0; 4], &[0.0, 0.5, 0.125, 0.5], &[7, 9]);
    votes.gives(&[1.0, 0.25], &[&[7.0], &[0.875, 0.125]]);
    votes.gives(&[1.5, 0.25], &[&[9.0], &[0.375, 0.625]]);
    votes.gives(&[1.0, 0.5], &[&[7.0], &[0.5, 0.5]]);
    let signed = classifier([0; 4], &[-1.0, 1.0, -0.5, 0.5], &[0, 1]).with("base_values", floats(&[0.25]));
    signed.gives(&[1.0, 0.25], &[&[0.0], &[1.25, -1.25]]);
    signed.gives(&[2.0, 0.25], &[&[1.0], &[-0.75, 0.75]]);
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let logistic = signed.with("post_transform", text("LOGISTIC"));
    logistic.gives(&[2.0, 0.25], &[&[1.0], &[sigmoid(-0.75), sigmoid(0.75)]]);
    signed.with("post_transform", text("SOFTMAX")).unsupported(2);
    signed.with("post_transform", text("PROBIT")).unsupported(2);
}

#[test]
fn the_first_largest_of_several_scores_decides() {
    let case = classifier([0, 1, 2, 1], &[1.0, 1.0, 1.0, 0.5], &[4, 5, 6]);
    case.gives(&[0.0, 0.0], &[&[4.0], &[1.0, 0.0, 1.0]]);
    case.gives(&[2.0, 0.0], &[&[5.0], &[0.0, 1.0, 1.0]]);
    case.gives(&[2.0, 1.0], &[&[5.0], &[0.0, 1.5, 0.0]]);
    let based = case.with("base_values", floats(&[0.0, 0.0, 0.25]));
    based.gives(&[2.0, 0.0], &[&[6.0], &[0.0, 1.0, 1.25]]);
    based.with("post_transform", text("SOFTMAX")).gives(&[2.0, 1.0], &[&[5.0]]);
}

#[test]
fn lists_that_do_not_fit_are_errors() {
    classifier([0, 1, 3, 1], &[1.0; 4], &[4, 5, 6]).graph_error(2);
    classifier([0, 1, 2, 1], &[1.0; 3], &[4, 5, 6]).graph_error(2);
    classifier([0, 1, 2, 1], &[1.0, f64::NAN, 1.0, 1.0], &[4, 5, 6]).graph_error(2);
    classifier([0; 4], &[1.0; 4], &[0, 1]).with("base_values", floats(&[1.0, 2.0])).graph_error(2);
    classifier([1; 4], &[1.0; 4], &[0, 1]).unsupported(2);
    classifier([0; 4], &[1.0; 4], &[0, 1]).shape_error(1);
}
