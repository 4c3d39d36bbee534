use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};

use super::*;

/// A request with all fields.
fn full() -> Value {
    json!({
        "version": 1,
        "nonce": "00112233445566778899aabbccddeeff",
        "audience": "klinik.example",
        "purpose": "Vorsorge: €5 \"gratis\"",
        "vk": "11".repeat(32),
        "expires": 1_700_000_000_u64,
        "issuer": "labor.example",
        "schema": "22".repeat(32),
        "response_uri": "https://klinik.example/answer?id=7",
    })
}

fn read(value: &Value) -> Result<Request> {
    Request::from_json(&value.to_string())
}

/// With one field set to something else, or taken away.
fn with(name: &str, value: Option<Value>) -> Value {
    let mut all = full();
    match value {
        Some(value) => all[name] = value,
        None => drop(all.as_object_mut().unwrap().remove(name)),
    }
    all
}

#[test]
fn the_context_is_the_hash_of_canonical_json() {
    let request = read(&full()).unwrap();
    let canonical = format!(
        concat!(
            r#"{{"audience":"klinik.example","expires":1700000000,"issuer":"labor.example","#,
            r#""nonce":"00112233445566778899aabbccddeeff","purpose":"Vorsorge: €5 \"gratis\"","#,
            r#""response_uri":"https://klinik.example/answer?id=7","schema":"{}","version":1,"vk":"{}"}}"#
        ),
        "22".repeat(32),
        "11".repeat(32)
    );
    assert_eq!(request.to_json().unwrap(), canonical);
    assert_eq!(request.context().unwrap(), <[u8; 32]>::from(Sha256::digest(&canonical)));
    // Spaces and order are not part of it.
    let spaced = serde_json::to_string_pretty(&full()).unwrap();
    assert_eq!(Request::from_json(&spaced).unwrap(), request);
}

#[test]
fn a_new_request_is_read_as_it_was_written() {
    let draw = |seed| Request::new([7; 32], ("a.example", "a test"), (1000, 60), ChaCha20Rng::seed_from_u64(seed));
    let request = draw(1);
    assert_eq!(Request::from_json(&request.to_json().unwrap()).unwrap(), request);
    assert_eq!((request.expires, request.nonce.len()), (1060, 32));
    assert_ne!(draw(2).nonce, request.nonce);
}

#[test]
fn choices_make_a_request_or_name_the_field() {
    let choose = |choices: Choices| choices.request([0x11; 32], 1_699_999_000, ChaCha20Rng::seed_from_u64(1));
    let text = |name: &str| full()[name].as_str().unwrap().to_owned();
    let (nonce, issuer) = (Some(text("nonce")), Some(text("issuer")));
    let (schema, response_uri) = (Some(text("schema")), Some(text("response_uri")));
    let (audience, purpose) = (text("audience"), text("purpose"));
    let all = Choices { audience, purpose, ttl: 1000, nonce, issuer, schema, response_uri };
    assert_eq!(choose(all.clone()), Ok(read(&full()).unwrap()));
    assert_eq!(choose(Choices { nonce: None, ..all.clone() }).unwrap().nonce.len(), 32);
    let some = |text: &str| Some(text.to_owned());
    let bad = [
        (Choices { nonce: some("0"), ..all.clone() }, "nonce"),
        (Choices { nonce: some("00"), ..all.clone() }, "nonce"),
        (Choices { schema: some("zz"), ..all.clone() }, "schema"),
        (Choices { schema: some("22"), ..all.clone() }, "schema"),
        (Choices { audience: String::new(), ..all.clone() }, "audience"),
        (Choices { ttl: u64::MAX, ..all.clone() }, "expires"),
        (Choices { response_uri: some("http://klinik.example/"), ..all.clone() }, "response_uri"),
    ];
    for (choices, name) in bad {
        assert_eq!(choose(choices).unwrap_err().0, name);
    }
}

#[test]
fn each_field_changes_the_context() {
    let context = read(&full()).unwrap().context().unwrap();
    let others = [
        ("nonce", Some(json!("ff112233445566778899aabbccddeeff"))),
        ("audience", Some(json!("klinik.example.org"))),
        ("purpose", Some(json!("another"))),
        ("vk", Some(json!("12".repeat(32)))),
        ("expires", Some(json!(1_700_000_001_u64))),
        ("issuer", Some(json!("other.example"))),
        ("issuer", None),
        ("schema", Some(json!("23".repeat(32)))),
        ("schema", None),
        ("response_uri", Some(json!("https://klinik.example/other"))),
        ("response_uri", None),
    ];
    for (name, value) in others {
        let other = read(&with(name, value)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_ne!(other.context().unwrap(), context, "{name}");
    }
}

#[test]
fn what_is_no_request_is_refused_by_field() {
    let long = "x".repeat(513);
    let bad = [
        ("version", None, "version"),
        ("nonce", None, "nonce"),
        ("nonce", Some(json!("00")), "nonce"),
        ("nonce", Some(json!("00112233445566778899AABBCCDDEEFF")), "nonce"),
        ("nonce", Some(json!("00".repeat(65))), "nonce"),
        ("audience", None, "audience"),
        ("audience", Some(json!(" ")), "audience"),
        ("audience", Some(json!(long)), "audience"),
        ("audience", Some(json!("bank\u{202e}elpmaxe")), "U+202E"),
        ("purpose", Some(json!("a\nb")), "U+000A"),
        ("purpose", Some(json!(7)), "invalid type"),
        ("vk", Some(json!("11".repeat(31))), "vk"),
        ("expires", Some(json!(-1)), "invalid value"),
        ("expires", Some(json!(1.5)), "invalid type"),
        ("expires", Some(json!(1_u64 << 53)), "expires"),
        ("schema", Some(json!("22")), "schema"),
        ("response_uri", Some(json!("http://klinik.example/")), "response_uri"),
        ("response_uri", Some(json!("http://localhost.example/")), "response_uri"),
        ("response_uri", Some(json!("https://a@b.example/")), "response_uri"),
        ("response_uri", Some(json!("https://")), "response_uri"),
        ("response_uri", Some(json!("javascript:alert(1)")), "response_uri"),
        ("scope", Some(json!("all")), "unknown field"),
    ];
    for (name, value, says) in bad {
        let error = read(&with(name, value)).expect_err(name);
        assert_eq!(error.code(), "artifact", "{name}: {error}");
        assert!(error.to_string().contains(says), "{name}: {error}");
    }
    for uri in ["http://localhost/", "http://localhost:8080/a", "http://[::1]:8080/", "http://127.0.0.1"] {
        read(&with("response_uri", Some(json!(uri)))).unwrap();
    }
    let newer = read(&with("version", Some(json!(2)))).unwrap_err();
    assert!(matches!(newer, Error::Version { kind: ArtifactKind::Request, got: 2, .. }));
    let twice = full().to_string().replacen('{', r#"{"expires":1,"#, 1);
    for text in ["", "[]", "{}", "null", &twice, &format!("{}{}", full(), " ".repeat(MAX_REQUEST_BYTES))] {
        assert_eq!(Request::from_json(text).unwrap_err().code(), "artifact", "{text:.40}");
    }
}

#[test]
fn a_request_holds_for_its_key_until_it_expires() {
    let request = Request { issuer: None, schema: None, ..read(&full()).unwrap() };
    request.check(&[0x11; 32], None, 1_699_999_999).unwrap();
    let late = request.check(&[0x11; 32], None, 1_700_000_000).unwrap_err();
    assert_eq!(late.code(), "expired");
    assert_eq!(request.check(&[0x12; 32], None, 0).unwrap_err().code(), "key-mismatch");
    // What a proof can't show is not taken as shown.
    let issuer = Some("labor.example".to_owned());
    for more in [Request { issuer, ..request.clone() }, Request { schema: Some([1; 32]), ..request.clone() }] {
        let outcome = more.check(&[0x11; 32], None, 0);
        assert!(matches!(outcome, Err(Error::Rejected(Rejection::Uncommitted))), "{outcome:?}");
    }
}
