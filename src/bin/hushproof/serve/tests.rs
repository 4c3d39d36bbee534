#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{
    api::MAX_BODY_BYTES,
    keys::{Key, Verdict},
    router,
};

/// Accepts the context `[1, 2]`; a proof without the field `proof` is unusable.
struct FakeKey(&'static str);

impl Key for FakeKey {
    fn digest(&self) -> &str {
        self.0
    }

    fn model(&self) -> &str {
        "fake"
    }

    fn srs(&self) -> &str {
        "development"
    }

    fn verify(&self, proof: &str, context: &[u8]) -> Verdict {
        let proof: Value = serde_json::from_str(proof).unwrap();
        assert_ne!(proof["proof"], json!("panic"), "asked for");
        match (proof.get("proof"), context) {
            (None, _) => Verdict::Unusable("artifact", "no proof".to_owned()),
            (Some(_), [1, 2]) => Verdict::Valid { outputs: vec![0.5, -1.0], inputs: Vec::new() },
            _ => Verdict::Invalid("rejected", "another context".to_owned()),
        }
    }
}

/// A directory with a page, removed at the end of the test.
struct Site(PathBuf);

impl Site {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("hushproof-serve-{}-{count}", std::process::id()));
        let site = Self(dir);
        site.write("secret.txt", b"outside");
        site.write("www/index.html", "<!doctype html>".repeat(100).as_bytes());
        site.write("www/assets/app-1a2b3c.js", "let x = 1;".repeat(100).as_bytes());
        site.write("www/assets/style-1a2b3c.css", b"");
        site.write("www/assets/module.mjs", b"");
        site.write("www/models/m.hush", &[7; 5000]);
        site.write("www/models/m.vk", &[7; 5000]);
        site.write("www/models/m.srs", &[7; 5000]);
        site.write("www/hush.wasm", b"\0asm plain");
        site.write("www/hush.wasm.br", b"brotli bytes");
        site.write("www/hush.wasm.gz", b"gzip bytes");
        site.write("www/.git/config", b"hidden");
        site
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn router(&self) -> Router {
        router(&self.0.join("www"), vec![Arc::new(FakeKey("aa11")), Arc::new(FakeKey("bb22"))])
    }

    fn send(&self, request: Request<Body>) -> Answer {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        runtime.block_on(async {
            let (parts, body) = self.router().oneshot(request).await.unwrap().into_parts();
            Answer {
                status: parts.status,
                headers: parts.headers,
                body: to_bytes(body, usize::MAX).await.unwrap().into(),
            }
        })
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap())
    }

    fn verify(&self, body: impl Into<Body>) -> Answer {
        let request = Request::post("/api/verify").header(header::CONTENT_TYPE, "application/json; charset=utf-8");
        self.send(request.body(body.into()).unwrap())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

struct Answer {
    status: StatusCode,
    headers: header::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[test]
fn every_answer_has_the_fixed_headers() {
    let site = Site::new();
    for path in ["/", "/assets/app-1a2b3c.js", "/missing", "/.git/config", "/api/keys", "/api/none", "/hush.wasm"] {
        let answer = site.get(path, &[]);
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'") && !policy.contains("  "));
        assert!(answer.header("permissions-policy").contains("camera=()"));
    }
}

#[test]
fn mime_types() {
    let site = Site::new();
    for (path, mime) in [
        ("/", "text/html"),
        ("/assets/app-1a2b3c.js", "text/javascript"),
        ("/assets/module.mjs", "application/javascript"),
        ("/assets/style-1a2b3c.css", "text/css"),
        ("/hush.wasm", "application/wasm"),
        ("/models/m.hush", "application/octet-stream"),
        ("/models/m.vk", "application/octet-stream"),
        ("/models/m.srs", "application/octet-stream"),
    ] {
        let answer = site.get(path, &[]);
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("content-type").split(';').next(), Some(mime), "{path}");
    }
}

#[test]
fn caching() {
    let site = Site::new();
    assert_eq!(site.get("/", &[]).header("cache-control"), "no-cache");
    assert_eq!(site.get("/models/m.hush", &[]).header("cache-control"), "no-cache");
    assert!(site.get("/assets/app-1a2b3c.js", &[]).header("cache-control").ends_with("immutable"));
    assert_eq!(site.get("/assets/gone.js", &[]).header("cache-control"), "no-store");
    assert_eq!(site.get("/api/keys", &[]).header("cache-control"), "no-store");
    for encoding in ["identity", "br"] {
        let first = site.get("/", &[("accept-encoding", encoding)]);
        assert!(!first.header("last-modified").is_empty());
        let tag = first.header("etag");
        assert_eq!(tag.starts_with("W/"), encoding == "br", "{tag}");
        let again = site.get("/", &[("accept-encoding", encoding), ("if-none-match", tag)]);
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
        let other = site.get("/", &[("if-none-match", "\"other\"")]);
        assert_eq!(other.status, StatusCode::OK);
    }
}

#[test]
fn compression() {
    let site = Site::new();
    for (accepted, body) in [("gzip, br", &b"brotli bytes"[..]), ("gzip", b"gzip bytes"), ("identity", b"\0asm plain")]
    {
        let answer = site.get("/hush.wasm", &[("accept-encoding", accepted)]);
        assert_eq!(answer.body, body);
        assert_eq!(answer.header("content-type"), "application/wasm");
    }
    for path in ["/", "/assets/app-1a2b3c.js", "/models/m.hush"] {
        let plain = site.get(path, &[]);
        assert_eq!(plain.header("content-encoding"), "");
        for encoding in ["br", "gzip"] {
            let packed = site.get(path, &[("accept-encoding", encoding)]);
            assert_eq!(packed.header("content-encoding"), encoding, "{path}");
            assert!(packed.header("vary").to_ascii_lowercase().contains("accept-encoding"));
            assert!(packed.body.len() < plain.body.len() / 4);
        }
    }
    let srs = site.get("/models/m.srs", &[("accept-encoding", "br")]);
    assert_eq!((srs.header("content-encoding"), srs.body.len()), ("", 5000));
    let range = site.get("/models/m.srs", &[("range", "bytes=10-19")]);
    assert_eq!((range.status, range.body.len()), (StatusCode::PARTIAL_CONTENT, 10));
}

#[test]
fn nothing_outside_the_root_or_hidden_is_served() {
    let site = Site::new();
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E/secret.txt",
        "/.%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "//secret.txt",
        "/%00",
        "/assets/",
        "/models/",
        "/.git/config",
        "/%2egit/config",
        "/%2Egit/config",
        "/index.html/x",
    ] {
        let request = Request::builder().uri(path).body(Body::empty());
        let Ok(request) = request else { continue };
        let answer = site.send(request);
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert!(!answer.body.windows(6).any(|part| part == b"hidden" || part == b"outsid"), "{path}");
    }
    assert_eq!(site.get("/models/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", &[]).status, StatusCode::NOT_FOUND);
    let post = Request::post("/index.html").body(Body::empty()).unwrap();
    assert_eq!(site.send(post).status, StatusCode::METHOD_NOT_ALLOWED);
}

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
