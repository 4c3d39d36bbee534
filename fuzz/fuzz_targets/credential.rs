//! A credential or manifest that a fixed key did not sign never holds; keys are read as they are written.
#![no_main]

use hushproof::credential::{Credential, KeySet, Manifest};
use libfuzzer_sys::fuzz_target;

const KEYS: &str =
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a"}]}"#;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let keys = KeySet::from_json(KEYS).expect("the key is one");
    assert!(Credential::verify(text, &keys, 0).is_err() && Manifest::verify(text, &keys).is_err());
    if let Ok(keys) = KeySet::from_json(text) {
        assert_eq!(KeySet::from_json(&keys.to_json()).map(|keys| keys.to_json()).ok(), Some(keys.to_json()));
    }
});
