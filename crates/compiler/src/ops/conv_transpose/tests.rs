use super::super::{
    Attr,
    testing::{Case, constant, private},
};

#[test]
fn conv_transpose() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 1, 1, 2], &[1.0, 2.0]);
    let weights = constant(&[1, 1, 2, 2], &[1.0, 2.0, 3.0, 4.0]);
    case.gives(&[&x, &weights], &[1, 1, 2, 3], &[1.0, 4.0, 4.0, 3.0, 10.0, 8.0]);
    let bias = constant(&[1], &[0.5]);
    let strided = case.with("strides", Attr::Ints(vec![2, 2]));
    strided.gives(&[&x, &weights, &bias], &[1, 1, 2, 4], &[1.5, 2.5, 2.5, 4.5, 3.5, 4.5, 6.5, 8.5]);
    let padded = strided.with("pads", Attr::Ints(vec![1, 1, 0, 0])).with("output_padding", Attr::Ints(vec![1, 0]));
    padded.gives(&[&x, &weights], &[1, 1, 2, 3], &[4.0, 6.0, 8.0, 0.0, 0.0, 0.0]);
}

#[test]
fn conv_transpose_of_groups() {
    let case = Case::new(&super::DEF).with("group", Attr::Int(2));
    let x = private(&[1, 2, 2], &[1.0, 2.0, 3.0, 4.0]);
    let weights = constant(&[2, 1, 2], &[1.0, -1.0, 2.0, 0.5]);
    case.gives(&[&x, &weights], &[1, 2, 3], &[1.0, 1.0, -2.0, 6.0, 9.5, 2.0]);
}

#[test]
fn conv_transpose_refuses() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 2, 3], &[0.0; 6]);
    case.shape_error(&[&x, &constant(&[1, 2, 2], &[0.0; 4])]);
    case.shape_error(&[&x, &constant(&[2, 2, 2, 1], &[0.0; 8])]);
    case.unsupported(&[&x, &private(&[2, 1, 2], &[0.0; 4])]);
    let weights = constant(&[2, 1, 2], &[0.0; 4]);
    case.with("group", Attr::Int(0)).shape_error(&[&x, &weights]);
    case.with("pads", Attr::Ints(vec![2, 2])).graph_error(&[&x, &weights]);
    case.with("output_padding", Attr::Ints(vec![-1])).graph_error(&[&x, &weights]);
    case.with("output_shape", Attr::Ints(vec![3])).unsupported(&[]);
    case.with("auto_pad", Attr::Text("SAME_UPPER".into())).unsupported(&[]);
}
