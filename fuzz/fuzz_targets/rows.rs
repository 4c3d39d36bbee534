//! A data set (JSON, .npy, .npz) gives whole rows, or a typed error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let info = hushproof::graph::ValueInfo::new("x", vec![1, 4]);
    if let Ok(rows) = hushproof::data::read_rows(bytes, &info) {
        assert!(rows.iter().all(|row| row.len() == 4));
    }
});
