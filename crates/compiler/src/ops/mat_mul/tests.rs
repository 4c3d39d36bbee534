use super::super::testing::{Case, constant, private};

#[test]
fn mat_mul() {
    let case = Case::new(&super::DEF);
    let weights = constant(&[3, 2], &[1.0, 0.0, -1.0, 2.0, 0.5, 1.0]);
    case.gives(&[&private(&[1, 3], &[1.0, 2.0, 3.0]), &weights], &[1, 2], &[0.5, 7.0]);
    case.gives(&[&private(&[3], &[1.0, 2.0, 3.0]), &weights], &[2], &[0.5, 7.0]);
    case.gives(&[&weights, &private(&[2], &[1.0, 10.0])], &[3], &[1.0, 19.0, 10.5]);
    case.gives(&[&private(&[2], &[1.0, 2.0]), &constant(&[2], &[3.0, 4.0])], &[], &[11.0]);
    let rows = private(&[2, 1, 2], &[1.0, 2.0, 3.0, 4.0]);
    case.gives(&[&rows, &constant(&[2, 1], &[1.0, -1.0])], &[2, 1, 1], &[-1.0, -1.0]);
    case.gives(&[&rows, &constant(&[2, 2, 1], &[1.0, -1.0, 1.0, 1.0])], &[2, 1, 1], &[-1.0, 7.0]);
}

#[test]
fn mat_mul_of_private_matrices() {
    let case = Case::new(&super::DEF);
    let (a, b) = (private(&[2, 2], &[1.0, 2.0, 3.0, 4.0]), private(&[2, 3], &[1.0, 0.0, -1.0, 2.0, 1.0, 0.0]));
    case.gives(&[&a, &b], &[2, 3], &[5.0, 2.0, -1.0, 11.0, 4.0, -3.0]);
    case.gives(&[&private(&[2], &[1.0, -1.0]), &b], &[3], &[-1.0, -1.0, -1.0]);
    case.gives(&[&private(&[2], &[1.0, 2.0]), &private(&[2], &[3.0, 4.0])], &[], &[11.0]);
    let batch = private(&[2, 1, 1, 2], &[1.0, 0.0, 0.0, 2.0]);
    case.gives(&[&batch, &private(&[2, 2, 1], &[1.0, 2.0, 3.0, 4.0])], &[2, 2, 1, 1], &[1.0, 3.0, 4.0, 8.0]);
}

#[test]
fn mat_mul_refuses() {
    let case = Case::new(&super::DEF);
    let x = private(&[1, 3], &[0.0; 3]);
    case.shape_error(&[&x, &constant(&[2, 3], &[0.0; 6])]);
    case.shape_error(&[&x, &constant(&[], &[0.0])]);
}
