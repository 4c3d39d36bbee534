use super::super::{
    Attr,
    testing::{Case, constant, integers, of_type, private},
};

const INT8: [f64; 2] = [-128.0, 127.0];

#[test]
fn quantize_linear() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 6], &[-1.0, 0.25, 0.75, 1.25, 63.7, 1e6]);
    let half = constant(&[], &[0.5]);
    // Ties to even, then the zero point; saturated at either end.
    case.gives(&[&x, &half, &of_type([0.0, 255.0], &[], &[1])], &[1, 6], &[0.0, 1.0, 3.0, 3.0, 128.0, 255.0]);
    case.gives(&[&x, &half, &of_type(INT8, &[], &[-127])], &[1, 6], &[-128.0, -127.0, -125.0, -125.0, 0.0, 127.0]);
    case.gives(&[&x, &half], &[1, 6], &[0.0, 0.0, 2.0, 2.0, 127.0, 255.0]);
    let wide = case.with("output_dtype", Attr::Int(5));
    wide.gives(&[&x, &half], &[1, 6], &[-2.0, 0.0, 2.0, 2.0, 127.0, 32767.0]);
    let per_axis = [&private(&[2, 2], &[1.0, 2.0, 1.0, 2.0]), &constant(&[2], &[1.0, 0.25])];
    case.with("axis", Attr::Int(0)).gives(&per_axis, &[2, 2], &[1.0, 2.0, 4.0, 8.0]);
    case.gives(&per_axis, &[2, 2], &[1.0, 8.0, 1.0, 8.0]);
}

#[test]
fn quantize_linear_refuses() {
    let case = Case::new(&super::DEF);
    let (x, one) = (private(&[1, 2], &[0.0; 2]), constant(&[], &[1.0]));
    case.unsupported(&[&x, &private(&[], &[1.0])]);
    case.unsupported(&[&x, &one, &integers(&[], &[0])]);
    case.unsupported(&[&x, &one, &of_type(INT8, &[2], &[0, 1])]);
    case.unsupported(&[&x, &one, &of_type(INT8, &[], &[200])]);
    case.unsupported(&[&x, &constant(&[1, 2], &[1.0; 2])]);
    case.graph_error(&[&x, &constant(&[], &[0.0])]);
    case.shape_error(&[&x, &constant(&[3], &[1.0; 3])]);
    case.with("block_size", Attr::Int(2)).unsupported(&[]);
    case.with("output_dtype", Attr::Int(17)).unsupported(&[]);
}
