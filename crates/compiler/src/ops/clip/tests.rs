use super::super::{
    Attr,
    testing::{Case, constant, missing, private},
};

#[test]
fn clip() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 4], &[-2.0, 0.5, 3.0, 9.0]);
    let number = |value: f64| constant(&[], &[value]);
    case.gives(&[&x, &number(0.0), &number(6.0)], &[1, 4], &[0.0, 0.5, 3.0, 6.0]);
    case.gives(&[&x, &number(-1.0), &number(1.0)], &[1, 4], &[-1.0, 0.5, 1.0, 1.0]);
    case.gives(&[&x, &missing(), &number(1.0)], &[1, 4], &[-2.0, 0.5, 1.0, 1.0]);
    case.gives(&[&x, &number(0.0)], &[1, 4], &[0.0, 0.5, 3.0, 9.0]);
    case.gives(&[&x], &[1, 4], &[-2.0, 0.5, 3.0, 9.0]);
    let attributes = case.opset(10).with("min", Attr::Float(0.0)).with("max", Attr::Float(6.0));
    attributes.gives(&[&x], &[1, 4], &[0.0, 0.5, 3.0, 6.0]);
}

#[test]
fn clip_refuses() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 2], &[0.0; 2]);
    case.graph_error(&[&x, &constant(&[], &[1.0]), &constant(&[], &[1.0])]);
    case.graph_error(&[&x, &constant(&[2], &[1.0, 2.0])]);
    case.unsupported(&[&x, &private(&[], &[1.0])]);
    case.with("min", Attr::Float(0.0)).unsupported(&[]);
}
