use super::*;

#[test]
fn outputs_are_compared_by_their_kind() {
    let compare = |proved: &[f64], expected: &[f64], exact: bool| {
        super::compare(proved, expected, &vec![exact; expected.len()], [0.0, 1.0], &mut Proof::default())
    };
    assert!(compare(&[0.995, 0.0], &[1.0, 0.0], false).is_ok());
    assert!(compare(&[0.98, 0.0], &[1.0, 0.0], false).is_err());
    assert!(compare(&[2.4], &[2.0], true).is_ok());
    assert!(compare(&[2.6], &[2.0], true).is_err());
    assert!(compare(&[2.0, 2.0], &[2.0], true).is_err());
}

#[test]
fn vectors_are_read_or_refused_with_a_reason() {
    let vector = json!({ "inputs": [
        { "name": "a", "dtype": "int64", "shape": [1, 2], "data": [1, 2] },
        { "name": "b", "dtype": "float32", "shape": [1], "data": [0.5] },
    ], "outputs": [{ "name": "y", "dtype": "float32", "shape": [1], "data": ["NaN"] }] });
    assert_eq!(values(&vector, "inputs").unwrap(), (vec![1.0, 2.0, 0.5], vec![true, true, false]));
    assert!(values(&vector, "outputs").unwrap_err().to_string().contains("NaN"));
    assert!(values(&vector, "extra").is_err());
}
