use super::super::{
    Attr,
    testing::{Case, constant, integers, missing, private},
};

#[test]
fn pad() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 3], &[1.0, 2.0, 3.0]);
    let pads = integers(&[4], &[0, 2, 0, 1]);
    case.gives(&[&x, &pads], &[1, 6], &[0.0, 0.0, 1.0, 2.0, 3.0, 0.0]);
    case.gives(&[&x, &pads, &constant(&[], &[0.5])], &[1, 6], &[0.5, 0.5, 1.0, 2.0, 3.0, 0.5]);
    case.gives(&[&x, &integers(&[2], &[-1, 1]), &missing(), &integers(&[1], &[-1])], &[1, 3], &[2.0, 3.0, 0.0]);
    let mode = |mode: &str| case.with("mode", Attr::Text(mode.into()));
    mode("reflect").gives(&[&x, &pads], &[1, 6], &[3.0, 2.0, 1.0, 2.0, 3.0, 2.0]);
    mode("wrap").gives(&[&x, &pads], &[1, 6], &[2.0, 3.0, 1.0, 2.0, 3.0, 1.0]);
    mode("wrap").gives(&[&x, &integers(&[4], &[0, 4, 0, 0])], &[1, 7], &[3.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
    mode("wrap").gives(&[&x, &integers(&[4], &[0, -1, 0, 0])], &[1, 2], &[2.0, 3.0]);
    mode("edge").gives(&[&x, &pads], &[1, 6], &[1.0, 1.0, 1.0, 2.0, 3.0, 3.0]);
    let old = case.opset(10).with("pads", Attr::Ints(vec![0, 0, 0, 1])).with("value", Attr::Float(4.0));
    old.gives(&[&x], &[1, 4], &[1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn pad_refuses() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 3], &[0.0; 3]);
    for bad in [
        &[0, -2, 0, -1][..],
        &[0, 0],
        &[0, i64::MAX, 0, i64::MAX],
        &[0, 1 << 40, 0, 0],
        &[0, 1 << 27, 0, 0],
        &[0, -9, 0, 9],
    ] {
        case.graph_error(&[&x, &integers(&[bad.len()], bad)]);
    }
    case.graph_error(&[&x]);
    case.with("mode", Attr::Text("reflect".into())).graph_error(&[&x, &integers(&[4], &[0, 3, 0, 0])]);
    case.with("mode", Attr::Text("wrap".into())).graph_error(&[&x, &integers(&[4], &[0, -1, 0, 1])]);
    case.with("mode", Attr::Text("other".into())).unsupported(&[]);
    case.unsupported(&[&x, &integers(&[4], &[0; 4]).into_private()]);
}
