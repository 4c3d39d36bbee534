//! An ONNX model gives a network or a typed error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(hushproof::onnx::import(bytes));
});
