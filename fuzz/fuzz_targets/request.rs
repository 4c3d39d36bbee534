//! A request is read as its canonical form, or gives a typed error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(request) = hushproof::request::Request::from_json(text) {
        let canonical = request.to_json().expect("a request that was read is written");
        assert_eq!(hushproof::request::Request::from_json(&canonical).ok(), Some(request));
    }
});
