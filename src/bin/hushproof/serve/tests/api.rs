//! What the API takes and answers.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{super::api::MAX_BODY_BYTES, Site};

#[test]
fn keys_are_listed() {
    let answer = Site::new().get("/api/keys", &[]);
    let key = |digest| json!({"vk": digest, "model": "fake", "srs": "development"});
    assert_eq!(answer.json(), json!({"keys": [key("aa11"), key("bb22")]}));
}

#[test]
fn verdicts() {
    let site = Site::new();
    let ask = |request: Value| {
        let answer = site.verify(request.to_string());
        (answer.status.as_u16(), answer.json())
    };
    let proof = json!({"vk": "bb22", "proof": "00"});
    let valid = json!({"verified": true, "outputs": [0.5, -1.0], "vk": "bb22", "srs": "development"});
    assert_eq!(ask(json!({"proof": proof, "context": "0102"})), (200, valid));
    let invalid = json!({"verified": false, "code": "rejected", "message": "another context"});
    assert_eq!(ask(json!({"proof": proof, "context": "0103"})), (200, invalid.clone()));
    assert_eq!(ask(json!({ "proof": proof })), (200, invalid));
    assert_eq!(ask(json!({"proof": proof, "context": "0102", "vk": "AA11"})).1["vk"], "aa11");
    for (request, code) in [
        (json!({"proof": proof, "context": "0102", "vk": "cc33"}), "key-mismatch"),
        (json!({"proof": {"vk": "cc33", "proof": ""}}), "key-mismatch"),
        (json!({"proof": {"vk": "bb22"}}), "artifact"),
        (json!({"proof": {"proof": "00"}}), "artifact"),
        (json!({"proof": "00"}), "artifact"),
        (json!({"proof": proof, "context": "xyz"}), "request"),
        (json!({"proof": proof, "contxt": "0102"}), "request"),
        (json!({"context": "0102"}), "request"),
        (json!([]), "request"),
    ] {
        let (status, answer) = ask(request);
        assert_eq!((status, answer["code"].as_str()), (400, Some(code)), "{answer}");
    }
    assert_eq!(site.verify("{").status, StatusCode::BAD_REQUEST);
    assert_eq!(site.verify(vec![0xff; 9]).status, StatusCode::BAD_REQUEST);
    assert_eq!(site.verify("[".repeat(100_000)).status, StatusCode::BAD_REQUEST);
}

#[test]
fn a_panic_does_not_end_the_server() {
    let site = Site::new();
    let (runtime, app) = (tokio::runtime::Runtime::new().unwrap(), site.router());
    for _ in 0..200 {
        let body = json!({"proof": {"vk": "aa11", "proof": "panic"}}).to_string();
        let request = Request::post("/api/verify").header(header::CONTENT_TYPE, "application/json");
        let answer = runtime.block_on(app.clone().oneshot(request.body(Body::from(body)).unwrap())).unwrap();
        // Never 503: a verification that panics gives its slot back.
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}

#[test]
fn bodies_are_limited_and_typed() {
    let site = Site::new();
    let fill = |bytes: usize| format!("{{\"proof\":{{\"vk\":\"aa11\",\"proof\":\"{}\"}}}}", "0".repeat(bytes));
    assert_eq!(site.verify(fill(MAX_BODY_BYTES - 64)).status, StatusCode::OK);
    let over = site.verify(fill(MAX_BODY_BYTES));
    assert_eq!((over.status, over.json()["code"].as_str()), (StatusCode::PAYLOAD_TOO_LARGE, Some("body")));
    for mime in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let request =
            Request::post("/api/verify").header(header::CONTENT_TYPE, mime).body(Body::from(fill(2))).unwrap();
        assert_eq!(site.send(request).status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    for (path, status) in [("/api/verify", 405), ("/api/other", 404), ("/api", 404), ("/api/", 404)] {
        assert_eq!(site.get(path, &[]).status.as_u16(), status, "{path}");
    }
}
