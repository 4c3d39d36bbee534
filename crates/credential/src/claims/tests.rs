use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hushproof_core::{commitment::Opening, schema::Schema};
use proptest::prelude::*;
use rand_core::OsRng;
use serde_json::json;

use super::*;
use crate::{Algorithm, KeySet, SigningKey};

fn credential() -> Credential {
    let fields = json!([{"name": "glucose", "kind": "decimal", "decimals": 1, "min": 0, "max": 1000}]);
    let schema = Schema::from_json(&json!({"version": 1, "name": "panel", "fields": fields}).to_string()).unwrap();
    let commitment = Opening::new(&schema, json!([91.2]), OsRng).unwrap().commitment;
    Credential { commitment, issuer: "labor.example".to_owned(), issued: 1000, expires: 2000 }
}

#[test]
fn a_credential_holds_for_its_issuers_key_and_time() {
    for algorithm in Algorithm::ALL {
        let (key, other) = (SigningKey::new(algorithm, OsRng), SigningKey::new(algorithm, OsRng));
        let credential = credential();
        let text = credential.sign(&key).unwrap();
        let keys = KeySet::from_json(&key.public().to_json()).unwrap();
        assert_eq!(Credential::verify(&text, &keys, 1000).unwrap(), credential);
        assert_eq!(Credential::verify(&format!("{text}\n"), &keys, 1999).unwrap(), credential);
        // A clock that is a little behind.
        Credential::verify(&text, &keys, 700).unwrap();
        let fault = |keys: &KeySet, now| match Credential::verify(&text, keys, now) {
            Err(Error::Untrusted { fault, .. }) => fault,
            other => panic!("{other:?}"),
        };
        assert_eq!(fault(&keys, 2000), TrustFault::Expired { expires: 2000, now: 2000 });
        assert_eq!(fault(&keys, 699), TrustFault::NotYet { issued: 1000, now: 699 });
        assert_eq!(fault(&other.public(), 1500), TrustFault::UnknownKey);
        // Another key under the same id.
        let renamed = other.public().to_json().replace(other.id(), key.id());
        assert_eq!(fault(&KeySet::from_json(&renamed).unwrap(), 1500), TrustFault::Signature);
    }
}

#[test]
fn unfit_credentials_are_not_signed() {
    let key = SigningKey::new(Algorithm::Es256, OsRng);
    for unfit in [
        Credential { issuer: String::new(), ..credential() },
        Credential { issuer: "a\u{202e}b".to_owned(), ..credential() },
        Credential { expires: 1000, ..credential() },
        Credential { expires: 1 << 53, ..credential() },
    ] {
        assert_eq!(unfit.sign(&key).unwrap_err().code(), "artifact");
    }
}

/// Signed by the right key, and yet none.
#[test]
fn what_is_no_credential_is_refused() {
    let key = SigningKey::new(Algorithm::EdDsa, OsRng);
    let keys = key.public();
    let (schema, commitment) = credential().commitment.texts();
    let claims = json!({"schema": schema, "commitment": commitment, "iss": "a", "iat": 1000, "exp": 2000});
    let header = json!({"alg": "EdDSA", "kid": key.id(), "typ": "hushproof-credential+jwt"});
    let signed = |header: &str, payload: &str| {
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes())))
    };
    let good = signed(&header.to_string(), &claims.to_string());
    Credential::verify(&good, &keys, 1500).unwrap();
    // Parameters that say nothing to us, and that no key is taken from.
    let mut more = header.clone();
    more["jwk"] = json!({"kty": "OKP"});
    Credential::verify(&signed(&more.to_string(), &claims.to_string()), &keys, 1500).unwrap();

    let with = |document: &serde_json::Value, name: &str, value: serde_json::Value| {
        let mut document = document.clone();
        document[name] = value;
        document.to_string()
    };
    let (head, body) = (header.to_string(), claims.to_string());
    let bad = [
        signed(&with(&header, "alg", json!("none")), &body),
        signed(&with(&header, "alg", json!("HS256")), &body),
        signed(&with(&header, "crit", json!(["exp"])), &body),
        signed(&with(&header, "crit", json!([])), &body),
        signed(&with(&header, "b64", json!(false)), &body),
        signed(&with(&header, "typ", json!("JWT")), &body),
        signed(&head.replacen('{', r#"{"alg":"none","#, 1), &body),
        signed(&head, &body.replacen('{', r#"{"exp":9000,"#, 1)),
        signed(&head, &with(&claims, "scope", json!("all"))),
        signed(&head, &with(&claims, "exp", json!(1000))),
        signed(&head, &with(&claims, "exp", json!(1e9))),
        signed(&head, &with(&claims, "iat", json!("1000"))),
        signed(&head, &with(&claims, "iss", json!(""))),
        signed(&head, &with(&claims, "schema", json!("00"))),
        signed(&head, &with(&claims, "commitment", json!("f".repeat(64)))),
        signed(&head, &with(&claims, "commitment", json!(&commitment[..62]))),
        signed(&head, "[]"),
        signed("[]", &body),
        good.replacen('.', "=.", 1),
        format!("{good}.x"),
        good.rsplit_once('.').unwrap().0.to_owned(),
        "x".repeat(crate::MAX_JWS_BYTES + 1),
        String::new(),
    ];
    for text in bad {
        let error = Credential::verify(&text, &keys, 1500).unwrap_err();
        assert_eq!(error.code(), "artifact", "{text}: {error}");
    }
    // The other algorithm's name, by this key.
    let confused = signed(&with(&header, "alg", json!("ES256")), &body);
    assert_eq!(Credential::verify(&confused, &keys, 1500).unwrap_err().code(), "credential");
}

proptest! {
    #[test]
    fn no_altered_credential_holds(at in 0usize..400, byte in any::<u8>()) {
        let key = SigningKey::from_json(
            r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
            "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        ).unwrap();
        let text = credential().sign(&key).unwrap();
        let mut altered = text.clone().into_bytes();
        let at = at % altered.len();
        altered[at] = byte;
        let altered = String::from_utf8_lossy(&altered).into_owned();
        if altered.trim_ascii() != text {
            prop_assert!(Credential::verify(&altered, &key.public(), 1500).is_err());
        }
    }
}
