//! A ceremony file gives a checked SRS or a typed error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(hushproof::prove::Srs::import(bytes, Some(4)));
});
