//! Why a request is refused: an HTTP status, a stable code and a sentence, as JSON.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::limits::MAX_BODY_BYTES;

/// Seconds after which a client that was told `busy` may try again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// A refused request; `docs/server.md` lists the codes.
#[derive(Debug)]
pub(super) enum Refusal {
    /// There is no such API.
    NotFound,
    /// The API has another method.
    Method,
    /// The body is not declared to be JSON.
    ContentType,
    /// The body is longer than [`MAX_BODY_BYTES`].
    Length,
    /// The body ended early or is malformed HTTP; the reason.
    Body(String),
    /// The body did not come in time.
    Timeout,
    /// The body is not the JSON that is asked for; the reason.
    Request(String),
    /// No key has this digest or file name.
    UnknownKey,
    /// Several keys have this file name.
    AmbiguousKey,
    /// The key cannot check this proof; the library's code and reason.
    Proof(&'static str, String),
    /// Too much is being done already.
    Busy(&'static str),
    /// The verification ended early.
    Internal,
}

impl Refusal {
    fn parts(self) -> (StatusCode, &'static str, String) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "no such API".to_owned()),
            Self::Method => {
                let message = "POST /api/verify or GET /api/keys";
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", message.to_owned())
            }
            Self::ContentType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", "expected application/json".to_owned())
            }
            Self::Length => {
                let message = format!("the body is longer than {MAX_BODY_BYTES} bytes");
                (StatusCode::PAYLOAD_TOO_LARGE, "body", message)
            }
            Self::Body(reason) => (StatusCode::BAD_REQUEST, "body", reason),
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, "timeout", "the body did not come in time".to_owned()),
            Self::Request(reason) => (StatusCode::BAD_REQUEST, "request", reason),
            Self::UnknownKey => {
                let message = "no key has the digest or file name that `vk` gives; GET /api/keys lists all";
                (StatusCode::BAD_REQUEST, "unknown-key", message.to_owned())
            }
            Self::AmbiguousKey => {
                let message = "several keys have the file name that `vk` gives; name one by its digest";
                (StatusCode::BAD_REQUEST, "ambiguous-key", message.to_owned())
            }
            Self::Proof(code, reason) => (StatusCode::BAD_REQUEST, code, reason),
            Self::Busy(reason) => (StatusCode::SERVICE_UNAVAILABLE, "busy", reason.to_owned()),
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", "the verification ended early".to_owned())
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, message) = self.parts();
        let mut response = (status, Json(json!({"code": code, "message": message}))).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}
