use super::{Measured, median};
use crate::table::render;
use serde_json::json;

#[test]
fn medians() {
    assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(&[3.0, 1.0]), Some(2.0));
    assert_eq!(median(&[]), None);
}

#[test]
fn what_a_row_does_not_know_is_kept() {
    let told = json!({ "model": "mlp", "where": "chromium", "prove_seconds": [0.5], "arithmetic": "fma51" });
    let row: Measured = serde_json::from_value(told).unwrap();
    assert_eq!(serde_json::to_value(&row).unwrap()["arithmetic"], "fma51");
    assert!(render(&[row]).contains("0.500"));
}
