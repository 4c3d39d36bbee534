use super::super::{
    Attr,
    testing::{Case, constant, missing, private},
};

#[test]
fn gemm() {
    let x = private(&[1, 2], &[3.0, -1.0]);
    let weights = constant(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let case = Case::new(&super::DEF);
    case.gives(&[&x, &weights], &[1, 3], &[-1.0, 1.0, 3.0]);
    case.gives(&[&x, &weights, &missing()], &[1, 3], &[-1.0, 1.0, 3.0]);
    case.gives(&[&x, &weights, &constant(&[3], &[0.5, 0.0, -0.5])], &[1, 3], &[-0.5, 1.0, 2.5]);
    case.gives(&[&x, &weights, &private(&[1], &[2.0])], &[1, 3], &[1.0, 3.0, 5.0]);
    let case = case.with("alpha", Attr::Float(0.5)).with("beta", Attr::Float(2.0));
    case.gives(&[&x, &weights, &constant(&[], &[1.0])], &[1, 3], &[1.5, 2.5, 3.5]);
}

#[test]
fn gemm_transposes() {
    let case = Case::new(&super::DEF).with("transB", Attr::Int(1));
    let weights = constant(&[3, 2], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    case.gives(&[&private(&[1, 2], &[3.0, -1.0]), &weights], &[1, 3], &[-1.0, 1.0, 3.0]);
    let case = case.with("transA", Attr::Int(1));
    case.gives(&[&private(&[2, 1], &[3.0, -1.0]), &weights], &[1, 3], &[-1.0, 1.0, 3.0]);
    case.gives(&[&weights, &private(&[2, 3], &[1.0, 0.0, 2.0, 0.0, 1.0, 0.0])], &[2, 2], &[7.0, 2.0, 16.0, 5.0]);
}

#[test]
fn gemm_of_private_matrices() {
    let (a, b) = (private(&[2, 2], &[3.0, -1.0, 0.5, 2.0]), private(&[2, 1], &[2.0, 4.0]));
    let case = Case::new(&super::DEF).with("alpha", Attr::Float(0.5)).with("beta", Attr::Float(2.0));
    case.gives(&[&a, &b], &[2, 1], &[1.0, 4.5]);
    case.gives(&[&a, &b, &constant(&[1], &[1.0])], &[2, 1], &[3.0, 6.5]);
    case.gives(&[&a, &b, &private(&[2, 1], &[1.0, -1.0])], &[2, 1], &[3.0, 2.5]);
    let case = case.with("transA", Attr::Int(1)).with("transB", Attr::Int(1));
    case.gives(&[&a, &private(&[3, 2], &[1.0, 0.0, 0.0, 2.0, 1.0, 1.0])], &[2, 3], &[1.5, 0.5, 1.75, -0.5, 2.0, 0.5]);
}

#[test]
fn gemm_refuses() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 2], &[0.0; 2]);
    case.shape_error(&[&x, &constant(&[3, 2], &[0.0; 6])]);
    case.shape_error(&[&private(&[2], &[0.0; 2]), &constant(&[2, 3], &[0.0; 6])]);
    case.shape_error(&[&x, &constant(&[2, 3], &[0.0; 6]), &constant(&[2, 3], &[0.0; 6])]);
    case.with("alpha", Attr::Float(f64::NAN)).with("broadcast", Attr::Int(1)).unsupported(&[]);
}
