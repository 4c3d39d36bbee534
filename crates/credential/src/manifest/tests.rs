use rand_core::OsRng;

use super::*;
use crate::{Algorithm, Credential, SigningKey};

fn manifest() -> Manifest {
    Manifest {
        issuer: "models.example".to_owned(),
        issued: 1000,
        model: "liveness".to_owned(),
        onnx: sha256(b"onnx"),
        calibration: Some(sha256(b"rows")),
        settings: vec!["--output=threshold=0.5".to_owned()],
        hush: sha256(b"hush"),
        vk: hex::encode([7; 32]),
        model_id: Some(hex::encode([9; 32])),
        version: "0.1.0".to_owned(),
        schema: None,
        schemas: Vec::new(),
        output_schema: None,
        licence: Some("Apache-2.0".to_owned()),
        previous: Some(sha256(b"before")),
    }
}

#[test]
fn a_manifest_holds_for_its_publishers_key_and_names_one_verifying_key() {
    for algorithm in Algorithm::ALL {
        let (key, other) = (SigningKey::new(algorithm, OsRng), SigningKey::new(algorithm, OsRng));
        let text = manifest().sign(&key).unwrap();
        let read = Manifest::verify(&text, &key.public()).unwrap();
        assert_eq!(read, manifest());
        read.check_key(&[7; 32]).unwrap();
        assert_eq!(read.check_key(&[8; 32]).unwrap_err().code(), "manifest");
        read.check_model(&[9; 32]).unwrap();
        for named in [read.clone(), Manifest { model_id: None, ..read.clone() }] {
            assert_eq!(named.check_model(&[7; 32]).unwrap_err().code(), "manifest");
        }
        assert_eq!(Manifest::verify(&text, &other.public()).unwrap_err().code(), "manifest");
        // One signed statement is none of another type.
        assert_eq!(Credential::verify(&text, &key.public(), 1000).unwrap_err().code(), "artifact");
        let (head, rest) = text.split_at(text.len() / 2);
        let swapped = if rest.starts_with('A') { 'B' } else { 'A' };
        assert!(Manifest::verify(&format!("{head}{swapped}{}", &rest[1..]), &key.public()).is_err());
    }
}

#[test]
fn unfit_manifests_are_not_signed() {
    let key = SigningKey::new(Algorithm::Es256, OsRng);
    for unfit in [
        Manifest { issuer: " ".to_owned(), ..manifest() },
        Manifest { onnx: "00".to_owned(), ..manifest() },
        Manifest { vk: "AA".repeat(32), ..manifest() },
        Manifest { model_id: Some("00".to_owned()), ..manifest() },
        Manifest { calibration: Some(String::new()), ..manifest() },
        Manifest { previous: Some("x".to_owned()), ..manifest() },
        Manifest { licence: Some("a\u{202e}b".to_owned()), ..manifest() },
        Manifest { settings: vec![String::new(); 257], ..manifest() },
    ] {
        assert_eq!(unfit.sign(&key).unwrap_err().code(), "artifact");
    }
}
