use super::super::{
    Attr,
    testing::{Case, integers, missing, private},
};

#[test]
fn slice() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let list = |values: &[i64]| integers(&[values.len()], values);
    case.gives(&[&x, &list(&[1]), &list(&[2]), &list(&[1])], &[1, 1, 3], &[4.0, 5.0, 6.0]);
    case.gives(&[&x, &list(&[-2]), &list(&[i64::MAX]), &list(&[-1])], &[1, 2, 2], &[2.0, 3.0, 5.0, 6.0]);
    let step = [&x, &list(&[0, 0]), &list(&[1, 1])];
    case.gives(&step, &[1, 1, 3], &[1.0, 2.0, 3.0]);
    case.gives(&[&x, &list(&[-1]), &list(&[i64::MIN]), &list(&[2]), &list(&[-2])], &[1, 2, 2], &[3.0, 1.0, 6.0, 4.0]);
    let ints = |values: &[i64]| Attr::Ints(values.to_vec());
    let old = case.opset(9).with("starts", ints(&[1])).with("ends", ints(&[3])).with("axes", ints(&[2]));
    old.gives(&[&x], &[1, 2, 2], &[2.0, 3.0, 5.0, 6.0]);
    let sizes = list(&[4, 5]);
    case.gives(&[&sizes, &list(&[2]), &list(&[i64::MAX])], &[0], &[]);
    case.gives(&[&list(&[]), &list(&[0]), &list(&[-1])], &[0], &[]);
}

#[test]
fn slice_refuses() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 3], &[0.0; 3]);
    let list = |values: &[i64]| integers(&[values.len()], values);
    case.graph_error(&[&x, &list(&[2]), &list(&[1]), &list(&[1])]);
    case.graph_error(&[&x, &list(&[0]), &list(&[1]), &list(&[2])]);
    case.graph_error(&[&x, &list(&[0]), &list(&[1, 1])]);
    case.graph_error(&[&x, &list(&[0]), &list(&[1]), &missing(), &list(&[0])]);
    case.graph_error(&[&x, &list(&[0])]);
    case.unsupported(&[&x, &list(&[0]).into_private(), &list(&[1])]);
}
