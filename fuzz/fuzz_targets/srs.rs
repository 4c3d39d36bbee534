//! A `.srs` file gives an SRS or a typed error; the digest is made right so that the body is reached.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(hushproof::prove::Srs::from_bytes(bytes));
    let sealed = [bytes, &hushproof::codec::digest(bytes)].concat();
    drop(hushproof::prove::Srs::from_bytes(&sealed));
});
