use super::super::{
    Attr,
    testing::{Case, constant, integers, private},
};

#[test]
fn dequantize_linear() {
    let case = Case::new(&super::DEF);
    let codes = integers(&[2, 2], &[0, 3, 255, -7]);
    let (scale, zero) = (constant(&[], &[0.5]), integers(&[], &[3]));
    case.gives(&[&codes, &scale, &zero], &[2, 2], &[-1.5, 0.0, 126.0, -5.0]);
    let codes = codes.into_private();
    case.gives(&[&codes, &scale], &[2, 2], &[0.0, 1.5, 127.5, -3.5]);
    let (scale, zero) = (constant(&[2], &[0.5, 2.0]), integers(&[2], &[0, 1]));
    case.gives(&[&codes, &scale, &zero], &[2, 2], &[0.0, 4.0, 127.5, -16.0]);
    case.with("axis", Attr::Int(0)).gives(&[&codes, &scale, &zero], &[2, 2], &[0.0, 1.5, 508.0, -16.0]);
}

#[test]
fn dequantize_linear_refuses() {
    let case = Case::new(&super::DEF);
    let codes = integers(&[2, 2], &[0; 4]).into_private();
    case.unsupported(&[&codes, &private(&[2], &[1.0; 2])]);
    case.unsupported(&[&codes, &constant(&[2, 2], &[1.0; 4])]);
    case.graph_error(&[&private(&[2, 2], &[0.0; 4]), &constant(&[], &[1.0])]);
    case.shape_error(&[&codes, &constant(&[3], &[1.0; 3])]);
    case.with("block_size", Attr::Int(2)).unsupported(&[]);
}
