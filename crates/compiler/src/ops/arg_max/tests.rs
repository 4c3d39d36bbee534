use super::super::{
    Attr,
    testing::{Case, constant, private},
};

#[test]
fn arg_max() {
    let case = Case::new(&super::DEF).with("axis", Attr::Int(-1));
    let x = private(&[1, 4], &[1.0, 3.0, 3.0, 2.0]);
    case.gives(&[&x], &[1, 1], &[1.0]);
    case.with("keepdims", Attr::Int(0)).gives(&[&x], &[1], &[1.0]);
    let last = case.with("select_last_index", Attr::Int(1));
    last.gives(&[&constant(&[1, 4], &[1.0, 3.0, 3.0, 2.0])], &[1, 1], &[2.0]);
    last.unsupported(&[&x]);
}

#[test]
fn arg_max_of_several_rows() {
    let rows = [1.0, 0.0, 2.0, 2.0, 3.0, 2.0];
    let case = Case::new(&super::DEF);
    case.gives(&[&constant(&[2, 3], &rows)], &[1, 3], &[1.0, 1.0, 0.0]);
    case.with("axis", Attr::Int(1)).gives(&[&constant(&[2, 3], &rows)], &[2, 1], &[2.0, 1.0]);
    case.unsupported(&[&private(&[2, 3], &rows)]);
}

#[test]
fn arg_max_refuses() {
    let case = Case::new(&super::DEF);
    case.with("axis", Attr::Int(2)).graph_error(&[&private(&[1, 3], &[0.0; 3])]);
    case.opset(11).with("select_last_index", Attr::Int(0)).unsupported(&[]);
}
