use super::super::tests::{Case, Stump, floats, ints, text};

fn regressor(ids: [i64; 4], weights: &[f64]) -> Case {
    let stumps =
        [Stump { feature: 0, mode: "BRANCH_GT", value: 1.0 }, Stump { feature: 1, mode: "BRANCH_GTE", value: 0.5 }];
    let case = Case::new(&super::DEF).stumps(&stumps);
    case.with("target_treeids", ints(&[0, 0, 1, 1]))
        .with("target_nodeids", ints(&[1, 2, 1, 2]))
        .with("target_ids", ints(&ids))
        .with("target_weights", floats(weights))
}

#[test]
fn numbers_of_leaves_are_aggregated() {
    let case = regressor([0; 4], &[1.0, 2.0, 4.0, 8.0]).with("base_values", floats(&[0.5]));
    case.gives(&[1.0, 0.5], &[&[6.5]]);
    case.gives(&[1.5, 0.25], &[&[9.5]]);
    let with = |function: &str| case.with("aggregate_function", text(function));
    with("AVERAGE").gives(&[1.0, 0.5], &[&[3.5]]);
    with("MIN").gives(&[1.0, 0.5], &[&[2.5]]);
    with("MAX").gives(&[1.5, 0.25], &[&[8.5]]);
    with("MEDIAN").unsupported(2);
}

#[test]
fn targets_are_columns() {
    let case = regressor([0, 1, 0, 1], &[1.0, 2.0, 4.0, 8.0]).with("n_targets", super::super::super::Attr::Int(2));
    case.gives(&[1.0, 0.5], &[&[4.0, 2.0]]);
    case.with("aggregate_function", text("MAX")).unsupported(2);
    regressor([0, 1, 0, 1], &[1.0; 4]).graph_error(2);
}
