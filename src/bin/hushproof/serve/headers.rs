//! Headers of every answer, and what is compressed.

use std::path::Path;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Response, header},
    middleware::Next,
    response::IntoResponse,
};
use tower_http::compression::{DefaultPredicate, Predicate};

/// Only files of this server, no inline script, no frames, no other host; `wasm-unsafe-eval` allows to compile
/// WebAssembly and nothing else. COOP and COEP isolate the page, which browsers require for shared memory and so for
/// threads.
const FIXED: [(HeaderName, HeaderValue); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; \
             img-src 'self' data: blob:; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
        ),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-embedder-policy"), HeaderValue::from_static("require-corp")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=(), serial=(), hid=(), \
             midi=(), accelerometer=(), gyroscope=(), magnetometer=()",
        ),
    ),
];

/// Adds [`FIXED`] and `Cache-Control` to every answer.
pub(super) async fn add(request: Request, next: Next) -> impl IntoResponse {
    let cache = cache_control(request.uri().path());
    let mut response = next.run(request).await;
    let cache = if response.status().is_client_error() || response.status().is_server_error() {
        HeaderValue::from_static("no-store")
    } else {
        cache
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, cache);
    for (name, value) in FIXED {
        headers.insert(name, value);
    }
    weaken_etag(headers);
    response
}

/// Names of files in `/assets/` contain a hash of their content; all others are asked for again, by their ETag.
fn cache_control(path: &str) -> HeaderValue {
    HeaderValue::from_static(if path.starts_with("/assets/") {
        "public, max-age=31536000, immutable"
    } else if path.starts_with("/api/") {
        "no-store"
    } else {
        "no-cache"
    })
}

/// A compressed answer has the ETag of the file, so it can only be a weak one.
fn weaken_etag(headers: &mut HeaderMap) {
    let encoded = headers.contains_key(header::CONTENT_ENCODING);
    let strong = headers.get(header::ETAG).filter(|tag| encoded && tag.as_bytes().starts_with(b"\""));
    if let Some(weak) = strong.and_then(|tag| HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat()).ok()) {
        headers.insert(header::ETAG, weak);
    }
}

/// Marks an answer that compression cannot make smaller.
#[derive(Clone, Copy)]
struct Incompressible;

/// Marks points of an SRS, which look random, and files that are compressed already.
pub(super) async fn mark_incompressible(request: Request, next: Next) -> impl IntoResponse {
    let extension = Path::new(request.uri().path()).extension().and_then(|extension| extension.to_str());
    let marked = matches!(extension, Some("srs" | "ptau" | "vk" | "br" | "gz" | "zip" | "npz" | "woff2"));
    let mut response = next.run(request).await;
    if marked {
        response.extensions_mut().insert(Incompressible);
    }
    response
}

/// Whether an answer is worth compressing; `application/octet-stream` is.
#[derive(Clone, Copy)]
pub(super) struct Compressible;

impl Predicate for Compressible {
    fn should_compress<B: axum::body::HttpBody>(&self, response: &Response<B>) -> bool {
        response.extensions().get::<Incompressible>().is_none() && DefaultPredicate::new().should_compress(response)
    }
}
