//! Headers of answers, and their compression.

use axum::http::StatusCode;

use super::Site;

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
