use rand_chacha::ChaCha20Rng;
use rand_core::{OsRng, SeedableRng};
use serde_json::json;

use super::*;

fn schema() -> Schema {
    let fields = json!([
        {"name": "glucose", "kind": "decimal", "decimals": 1, "min": 0, "max": 1000, "missing": true},
        {"name": "age", "kind": "integer", "min": 0, "max": 130},
    ]);
    Schema::from_json(&json!({"version": 1, "name": "panel", "fields": fields}).to_string()).unwrap()
}

fn opening(salt: u64) -> Opening {
    Opening::with_salt(&schema(), json!({"glucose": 91.2, "age": 41}), Fr::from(salt)).unwrap()
}

/// The sponge once more, from the permutation and the formula alone.
#[test]
fn a_commitment_is_the_sponge_of_tag_schema_salt_and_packed_integers() {
    let digest = schema().digest().unwrap();
    let big = |bytes: &[u8]| bytes.iter().fold(Fr::ZERO, |sum, byte| sum * Fr::from(256) + Fr::from(u64::from(*byte)));
    let packed = Fr::from(912 + (41 << 14));
    let elements = [big(&digest[..16]), big(&digest[16..]), Fr::from(7), packed];
    let mut state = [big(b"hushproof record 1"), Fr::ZERO, Fr::ZERO];
    for pair in elements.chunks(2) {
        state = poseidon::permute([state[0], pair[0], pair[1]]);
    }
    assert_eq!(opening(7).commitment.value, state[0]);
}

#[test]
fn integers_that_the_schema_does_not_have_are_refused() {
    let commit = |integers: &[u64]| Commitment::new(&schema(), integers, Fr::ONE).map(drop);
    commit(&[10_001, 130]).unwrap();
    for (integers, field) in [(&[10_002, 130][..], "glucose"), (&[0, 131], "age"), (&[0], "age"), (&[], "glucose")] {
        let error = commit(integers).unwrap_err();
        assert!(error.code() == "record" && error.to_string().contains(field), "{error}");
    }
    assert!(commit(&[0, 0, 0]).is_err());
}

#[test]
fn salt_record_and_schema_change_it() {
    let first = opening(1);
    assert_eq!(first.open(&schema()).unwrap(), [91.2, 41.0]);
    assert_ne!(first.commitment, opening(2).commitment);
    let draw = || Opening::new(&schema(), json!([91.2, 41]), OsRng).unwrap().commitment.value;
    assert_ne!(draw(), draw());
    let seeded = |seed| Opening::new(&schema(), json!([91.2, 41]), ChaCha20Rng::seed_from_u64(seed)).unwrap();
    assert_eq!(seeded(3).commitment, seeded(3).commitment);

    let other = Opening { record: json!({"glucose": 91.3, "age": 41}), ..first.clone() };
    let salted = Opening { salt: Fr::from(2), ..first.clone() };
    let moved = Opening { commitment: opening(2).commitment, ..first.clone() };
    for lie in [other, salted, moved] {
        assert_eq!(lie.open(&schema()).unwrap_err().code(), "artifact");
    }
    let renamed = Schema { name: "another".to_owned(), ..schema() };
    assert_eq!(first.open(&renamed).unwrap_err().code(), "artifact");
    let missing = Opening { record: json!({"glucose": null, "age": 41}), ..first };
    assert_eq!(missing.open(&schema()).unwrap_err().code(), "artifact");
}

#[test]
fn files_are_read_as_they_were_written() {
    let opening = opening(9);
    let text = opening.to_json();
    let read = Opening::from_json(&text).unwrap();
    assert_eq!((read.commitment, read.salt, read.record), (opening.commitment, opening.salt, opening.record));
    let public = opening.commitment.to_json();
    assert_eq!(Commitment::from_json(&public).unwrap(), opening.commitment);
    assert!(!public.contains("salt") && !public.contains("91.2"));
    // Of an opening no commitment is read: whoever asks for one must not be shown more.
    assert_eq!(Commitment::from_json(&text).unwrap_err().code(), "artifact");

    let salt = field::to_hex(&Fr::from(9));
    let modulus = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    let bad = [modulus, &"f".repeat(64), &salt[..62], &salt.to_uppercase().replace('0', "A"), "", "xyz"];
    for other in bad {
        let error = Opening::from_json(&text.replace(&salt, other)).map(drop).unwrap_err();
        assert_eq!(error.code(), "artifact", "{other}");
    }
    let spoilt = text.replace("91.2", "91.2.2");
    let error = Opening::from_json(&spoilt).map(drop).unwrap_err();
    assert!(error.code() == "artifact" && !error.to_string().contains("91"), "{error}");
}
