//! An input file gives exactly the port's values, or a typed error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let info = hushproof::graph::ValueInfo::new("x", vec![1, 4]);
    if let Ok(values) = hushproof::data::read_input(bytes, &info) {
        assert_eq!(values.len(), 4);
    }
});
