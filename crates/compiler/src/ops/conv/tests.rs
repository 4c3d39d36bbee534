use super::super::{
    Attr,
    testing::{Case, constant, private},
};

#[test]
fn conv() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 1, 2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let weights = constant(&[1, 1, 2, 2], &[1.0, 0.0, -1.0, 2.0]);
    case.gives(&[&x, &weights], &[1, 1, 1, 2], &[7.0, 9.0]);
    case.gives(&[&x, &weights, &constant(&[1], &[0.5])], &[1, 1, 1, 2], &[7.5, 9.5]);
    let padded = case.with("pads", Attr::Ints(vec![1, 0, 0, 1])).with("strides", Attr::Ints(vec![1, 2]));
    padded.gives(&[&x, &weights], &[1, 1, 2, 2], &[3.0, -3.0, 7.0, -3.0]);
    let dilated = case.with("dilations", Attr::Ints(vec![1, 2]));
    dilated.gives(&[&x, &weights], &[1, 1, 1, 1], &[9.0]);
}

#[test]
fn conv_of_signals_and_groups() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    case.gives(&[&x, &constant(&[1, 2, 2], &[1.0, 1.0, 0.0, -1.0])], &[1, 1, 2], &[-2.0, -1.0]);
    let depthwise = case.with("group", Attr::Int(2));
    depthwise.gives(&[&x, &constant(&[2, 1, 2], &[1.0, 1.0, 0.0, -1.0])], &[1, 2, 2], &[3.0, 5.0, -5.0, -6.0]);
}

#[test]
fn conv_refuses() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 2, 3], &[0.0; 6]);
    case.shape_error(&[&x, &constant(&[1, 1, 2], &[0.0; 2])]);
    case.shape_error(&[&x, &constant(&[1, 2, 2, 1], &[0.0; 4])]);
    case.shape_error(&[&x, &constant(&[1, 2, 2], &[0.0; 4]), &constant(&[2], &[0.0; 2])]);
    case.shape_error(&[&private(&[2, 3], &[0.0; 6]), &constant(&[1, 2, 2], &[0.0; 4])]);
    case.shape_error(&[&private(&[2, 2, 3], &[0.0; 12]), &constant(&[1, 2, 2], &[0.0; 4])]);
    case.graph_error(&[&x, &constant(&[1, 2, 4], &[0.0; 8])]);
    case.unsupported(&[&x, &private(&[1, 2, 2], &[0.0; 4])]);
    for groups in [0, -1, 3] {
        case.with("group", Attr::Int(groups)).shape_error(&[&x, &constant(&[1, 2, 2], &[0.0; 4])]);
    }
    let kernel = case.with("kernel_shape", Attr::Ints(vec![3]));
    kernel.shape_error(&[&x, &constant(&[1, 2, 2], &[0.0; 4])]);
    case.with("mode", Attr::Int(1)).unsupported(&[]);
}
