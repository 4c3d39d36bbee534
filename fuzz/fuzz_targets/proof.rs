//! A proof file gives a proof that survives a round trip, or a typed error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(proof) = hushproof::prove::Proof::from_json(text) {
        assert_eq!(hushproof::prove::Proof::from_json(&proof.to_json()).ok(), Some(proof));
    }
});
