//! Proofs made in a browser equal the stock prover's there, byte for byte, with the arithmetic that the build chooses:
//! `cargo xtask test-wasm` runs this file with relaxed SIMD and without.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "stock/common.rs"]
mod common;

use common::{Shape, check};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn equals_stock_for_every_degree() {
    for degree in [3, 4, 5, 6] {
        check(Shape { degree, ..Shape::default() }, 100 + degree as u64);
    }
}

#[wasm_bindgen_test]
fn equals_stock_for_several_sizes() {
    for k in [5, 9, 10] {
        check(Shape { k, ..Shape::default() }, 200 + u64::from(k));
    }
}

#[wasm_bindgen_test]
fn equals_stock_in_one_phase_without_a_permutation_and_with_many_columns() {
    check(Shape { phases: 1, ..Shape::default() }, 1);
    check(Shape { permutation: false, ..Shape::default() }, 2);
    check(Shape { lanes: 23, k: 7, ..Shape::default() }, 4);
}
