//! A `.hush` file gives a model that lays out, or a typed error; the digest is made right so that the body is reached.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(hushproof::graph::Model::from_bytes(bytes));
    let sealed = [bytes, &hushproof::codec::digest(bytes)].concat();
    if let Ok(model) = hushproof::graph::Model::from_bytes(&sealed) {
        drop(hushproof::circuit::Layout::new(&model));
        assert_eq!(model.to_bytes(), sealed);
    }
});
