//! What the API takes and answers.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{super::limits::MAX_BODY_BYTES, Site};

const DOCUMENTATION: &str = include_str!("../../../../../docs/server.md");

/// Asserts that a request is refused with a status and a code, and that the code is documented.
fn refused(request: impl Into<Body>, status: u16, code: &str) {
    let answer = Site::new().verify(request);
    let json = answer.json();
    assert_eq!((answer.status.as_u16(), json["code"].as_str()), (status, Some(code)), "{json}");
    assert!(json["message"].as_str().is_some_and(|message| !message.is_empty()));
    assert!(DOCUMENTATION.contains(&format!("| `{code}` |")), "{code}");
}

#[test]
fn keys_are_listed() {
    let answer = Site::new().get("/api/keys", &[]).json();
    let key = json!({"vk": "bb22", "file": "b.vk", "model": "fake", "weights": "public", "srs": "development"});
    assert_eq!(answer["keys"][1], key);
    assert_eq!(answer["keys"].as_array().unwrap().len(), 4);
}

#[test]
fn verdicts_name_model_key_and_context() {
    let site = Site::new();
    let ask = |request: Value| {
        let answer = site.verify(request.to_string());
        assert_eq!(answer.status, StatusCode::OK);
        answer.json()
    };
    let proof = json!({"vk": "bb22", "proof": "00"});
    let mut valid = json!({
        "verified": true, "outputs": {"probability": [0.5, -1.0]},
        "model": "fake", "vk": "bb22", "weights": "public", "srs": "development", "context": "0102",
    });
    assert_eq!(ask(json!({"proof": proof, "context": "0102", "vk": "bb22"})), valid);
    assert_eq!(ask(json!({"proof": proof, "context": "0102", "vk": "b.vk"})), valid);
    valid["vk"] = json!("aa11");
    assert_eq!(ask(json!({"proof": proof, "context": "0102", "vk": "aa11"})), valid);
    let mut invalid = json!({
        "verified": false, "code": "rejected", "message": "another context",
        "model": "fake", "vk": "bb22", "weights": "public", "srs": "development", "context": "0103",
    });
    assert_eq!(ask(json!({"proof": proof, "context": "0103", "vk": "bb22"})), invalid);
    invalid["context"] = json!("");
    assert_eq!(ask(json!({"proof": proof, "no_context": true, "vk": "bb22"})), invalid);
}

#[test]
fn a_request_names_its_key() {
    let proof = json!({"vk": "bb22", "proof": "00"});
    for (vk, code) in [
        (None, "request"),
        (Some(json!(null)), "request"),
        (Some(json!("")), "unknown-key"),
        (Some(json!("ee55")), "unknown-key"),
        (Some(json!("BB22")), "unknown-key"),
        (Some(json!("B.vk")), "unknown-key"),
        (Some(json!("twice.vk")), "ambiguous-key"),
    ] {
        let mut request = json!({"proof": proof, "context": "0102"});
        if let Some(vk) = vk {
            request["vk"] = vk;
        }
        refused(request.to_string(), 400, code);
    }
}

#[test]
fn requests_mean_one_thing() {
    for request in [
        r#"{"proof": {"proof": "00"}, "proof": {"proof": "00"}, "no_context": true, "vk": "aa11"}"#,
        r#"{"proof": {"proof": "00"}, "vk": "aa11", "no_context": true, "vk": "aa11"}"#,
        r#"{"proof": {"proof": "00", "proof": "00"}, "no_context": true, "vk": "aa11"}"#,
        r#"{"proof": {"proof": "00", "pr\u006fof": "00"}, "no_context": true, "vk": "aa11"}"#,
        r#"{"proof": {"proof": "00", "x": [1, {"y": {"z": 1, "z": 1}}]}, "no_context": true, "vk": "aa11"}"#,
        r#"[{"proof": "00"}, "0102", "aa11"]"#,
        r#"{"proof": [1, "aa11", "0102", "blake2b", [], [], "00"], "no_context": true, "vk": "aa11"}"#,
        r#"{"proof": "00", "no_context": true, "vk": "aa11"}"#,
        r#"{"proof": {"proof": "00"}, "vk": "aa11", "context": "C0ffee"}"#,
        r#"{"proof": {"proof": "00"}, "vk": "aa11", "context": "xyz0"}"#,
        r#"{"proof": {"proof": "00"}, "vk": "aa11", "context": "012"}"#,
        r#"{"proof": {"proof": "00"}, "vk": "aa11", "no_context": true, "contxt": "0102"}"#,
        r#"{"proof": {"proof": "00"}, "no_context": true, "vk": "aa11"} {}"#,
        r#"{"proof": {"proof": "00"}, "vk": "aa11"}"#,
        r#"{"proof": {"proof": "00"}, "vk": "aa11", "context": ""}"#,
        r#"{"proof": {"proof": "00"}, "vk": "aa11", "no_context": false}"#,
        r#"{"proof": {"proof": "00"}, "vk": "aa11", "context": "0102", "no_context": true}"#,
        r#"{"context": "0102", "vk": "aa11"}"#,
        "[]",
        "{",
        "",
    ] {
        refused(request, 400, "request");
    }
    refused(vec![0xff; 9], 400, "request");
    refused("[".repeat(100_000), 400, "request");
    refused(r#"{"proof":"#.repeat(100_000), 400, "request");
    refused(r#"{"proof": {"format": 1}, "no_context": true, "vk": "aa11"}"#, 400, "artifact");
}

#[test]
fn a_panic_does_not_end_the_server() {
    let site = Site::new();
    let (runtime, app) = (tokio::runtime::Runtime::new().unwrap(), site.router());
    for _ in 0..200 {
        let body = json!({"proof": {"proof": "panic"}, "no_context": true, "vk": "aa11"}).to_string();
        let request = Request::post("/api/verify").header(header::CONTENT_TYPE, "application/json");
        let answer = runtime.block_on(app.clone().oneshot(request.body(Body::from(body)).unwrap())).unwrap();
        // Never 503: a verification that panics gives its slot back.
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}

#[test]
fn bodies_are_limited_and_typed() {
    let site = Site::new();
    let fill = |bytes: usize| {
        format!("{{\"vk\":\"aa11\",\"no_context\":true,\"proof\":{{\"proof\":\"{}\"}}}}", "0".repeat(bytes))
    };
    assert_eq!(site.verify(fill(MAX_BODY_BYTES - 96)).status, StatusCode::OK);
    refused(fill(MAX_BODY_BYTES), 413, "body");
    for mime in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let request =
            Request::post("/api/verify").header(header::CONTENT_TYPE, mime).body(Body::from(fill(2))).unwrap();
        let answer = site.send(request);
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (415, Some("content-type")));
    }
    for (path, status, code) in
        [("/api/verify", 405, "method-not-allowed"), ("/api/other", 404, "not-found"), ("/api", 404, "not-found")]
    {
        let answer = site.get(path, &[]);
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (status, Some(code)), "{path}");
    }
    assert_eq!(site.get("/api/", &[]).status, StatusCode::NOT_FOUND);
    for code in ["content-type", "method-not-allowed", "not-found", "timeout", "busy", "internal", "key-mismatch"] {
        assert!(DOCUMENTATION.contains(&format!("| `{code}` |")), "{code}");
    }
}
