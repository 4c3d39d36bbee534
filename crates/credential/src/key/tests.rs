use rand_core::OsRng;

use super::*;
use crate::signatures::verifies;

/// RFC 7515, appendix A.3.
const ES256: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
const ES256_SIGNED: &str = "eyJhbGciOiJFUzI1NiJ9.\
    eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const ES256_SIGNATURE: &str = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

/// RFC 8037, appendices A.1 to A.4.
const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const ED25519_SIGNED: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
const ED25519_SIGNATURE: &str =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

#[test]
fn the_examples_of_the_rfcs_verify() {
    for (key, signed, signature) in
        [(ES256, ES256_SIGNED, ES256_SIGNATURE), (ED25519, ED25519_SIGNED, ED25519_SIGNATURE)]
    {
        let key = SigningKey::from_json(key).unwrap();
        let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let public = key.public();
        let public = public.find(key.id(), key.algorithm()).unwrap();
        assert!(verifies(public, signed.as_bytes(), &signature));
        assert!(verifies(public, signed.as_bytes(), &key.sign(signed.as_bytes())));
        assert!(!verifies(public, b"another", &signature));
        assert!(!verifies(public, signed.as_bytes(), &signature[..63]));
        signature[5] ^= 1;
        assert!(!verifies(public, signed.as_bytes(), &signature));
    }
    let ed25519 = SigningKey::from_json(ED25519).unwrap();
    assert_eq!(ed25519.sign(ED25519_SIGNED.as_bytes()), URL_SAFE_NO_PAD.decode(ED25519_SIGNATURE).unwrap());
    // RFC 8037, appendix A.3.
    assert_eq!(ed25519.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn keys_are_read_as_they_were_written() {
    for algorithm in Algorithm::ALL {
        let key = SigningKey::new(algorithm, OsRng);
        let read = SigningKey::from_json(&key.to_json()).unwrap();
        assert_eq!((read.id(), read.algorithm(), read.sign(b"x")), (key.id(), algorithm, key.sign(b"x")));
        let public = key.public().to_json();
        assert!(!public.contains(r#""d""#), "{public}");
        assert_eq!(KeySet::from_json(&public).unwrap().to_json(), public);
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let set = |key: &str| format!(r#"{{"keys":[{key}]}}"#);
    let public = SigningKey::from_json(ES256).unwrap().public().to_json();
    let key = public.strip_prefix(r#"{"keys":["#).unwrap().strip_suffix("]}").unwrap();
    KeySet::from_json(&set(&format!(r#"{{"kty":"RSA","n":"AQAB","e":"AQAB"}},{key}"#))).unwrap();
    let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    let bad = [
        set(""),
        set(ES256),
        set(&format!("{key},{key}")),
        set(r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#),
        set(&key.replace("P-256", "P-384")),
        set(&key.replace("ES256", "ES384")),
        set(&key.replace("\"sig\"", "\"enc\"")),
        set(&key.replace(y, "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1")),
        set(&key.replace(y, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        set(&key.replace(y, "x_FEzRu9")),
        set(&key.replace(y, &format!("{y}="))),
        // The neutral element.
        set(r#"{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#),
        set(r#"{"kty":"EC"}"#),
        set("7"),
        r#"{"keys":[],"keys":[]}"#.to_owned(),
        "[]".to_owned(),
        String::new(),
    ];
    for text in bad {
        let error = KeySet::from_json(&text).map(drop).unwrap_err();
        assert_eq!(error.code(), "artifact", "{text}: {error}");
    }
    let other = SigningKey::new(Algorithm::Es256, OsRng).to_json();
    let d = other.split(r#""d":""#).nth(1).unwrap().split('"').next().unwrap();
    let secret = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";
    for text in [key, &ES256.replace(secret, d), &ES256.replace(secret, "AAAA"), &ES256.replace("\"d\"", "\"D\""), "7"]
    {
        let error = SigningKey::from_json(text).map(drop).unwrap_err();
        assert!(error.code() == "artifact" && !error.to_string().contains(d), "{text}: {error}");
    }
}
