//! An opening is read as it was written, or gives a typed error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(opening) = hushproof::commitment::Opening::from_json(text) {
        let read = hushproof::commitment::Opening::from_json(&opening.to_json()).expect("what was read is written");
        assert!(read.commitment == opening.commitment && read.salt == opening.salt);
    }
});
