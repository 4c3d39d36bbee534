//! Commitments to a model, and what opens them, are read as they were written, or give a typed error.
#![no_main]

use hushproof::prove::{ModelCommitment, ModelOpening};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(id) = ModelCommitment::from_json(text) {
        assert_eq!(ModelCommitment::from_json(&id.to_json()).ok(), Some(id));
    }
    if let Ok(opening) = ModelOpening::from_json(text) {
        let read = ModelOpening::from_json(&opening.to_json()).expect("what was read is written");
        assert_eq!((read.to_json(), read.commitment), (opening.to_json(), opening.commitment));
    }
});
