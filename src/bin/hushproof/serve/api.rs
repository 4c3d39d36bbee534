//! The verification API. Answers are JSON; refusals carry a stable `code`. No request is logged.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::keys::{Key, Verdict};

/// Longest request body, in bytes.
pub(super) const MAX_BODY_BYTES: usize = 1 << 20;
/// Verifications that may wait or run at once; more are refused at once with 503.
const MAX_RUNNING: usize = 64;

struct Api {
    keys: Vec<Arc<dyn Key>>,
    running: AtomicUsize,
}

pub(super) fn router(keys: Vec<Arc<dyn Key>>) -> Router {
    Router::new()
        .route("/verify", post(verify))
        .route("/keys", get(list_keys))
        .fallback(async || refusal(StatusCode::NOT_FOUND, "not-found", "no such API"))
        .method_not_allowed_fallback(async || {
            refusal(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "POST /api/verify or GET /api/keys")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Arc::new(Api { keys, running: AtomicUsize::new(0) }))
}

/// `{"keys": [{"vk": digest, "model": name, "srs": origin}]}`
async fn list_keys(State(api): State<Arc<Api>>) -> Json<Value> {
    let keys = api.keys.iter().map(|key| json!({"vk": key.digest(), "model": key.model(), "srs": key.srs()}));
    Json(json!({ "keys": keys.collect::<Vec<_>>() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    /// A proof file's content.
    proof: Value,
    /// Hexadecimal; the context the relying party gave out. Absent: empty.
    #[serde(default)]
    context: String,
    /// Digest of the key to use. Absent: the one the proof names.
    vk: Option<String>,
}

async fn verify(State(api): State<Arc<Api>>, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    // Other sites' pages cannot send this type without asking first, and are never allowed to.
    let is_json = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.split(';').next().is_some_and(|mime| mime.trim().eq_ignore_ascii_case("application/json"))
    });
    if !is_json {
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", "expected application/json");
    }
    let body = match body {
        Ok(body) => body,
        Err(error) => return refusal(error.status(), "body", error.body_text()),
    };
    match find(&api.keys, &body) {
        Ok((key, proof, context)) => run(&api, key, proof, context).await,
        Err((code, message)) => refusal(StatusCode::BAD_REQUEST, code, message),
    }
}

type Found = (Arc<dyn Key>, String, Vec<u8>);

/// The key, the proof file's text and the context of a request; else a code and the reason.
fn find(keys: &[Arc<dyn Key>], body: &[u8]) -> Result<Found, (&'static str, String)> {
    let request: Request = serde_json::from_slice(body).map_err(|error| ("request", error.to_string()))?;
    let context = hex::decode(&request.context).map_err(|error| ("request", format!("context: {error}")))?;
    let named = request.vk.as_deref().or_else(|| request.proof.get("vk")?.as_str());
    let digest = named.ok_or_else(|| ("artifact", "the proof does not name its verifying key".to_owned()))?;
    let key = keys.iter().find(|key| key.digest().eq_ignore_ascii_case(digest));
    let key = key.ok_or_else(|| ("key-mismatch", "this server does not have the verifying key".to_owned()))?;
    Ok((key.clone(), request.proof.to_string(), context))
}

/// Verification takes milliseconds of computing, so it has its own thread.
async fn run(api: &Arc<Api>, key: Arc<dyn Key>, proof: String, context: Vec<u8>) -> Response {
    let Some(slot) = Slot::take(api) else {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many verifications at once");
    };
    let asked = key.clone();
    let verdict = tokio::task::spawn_blocking(move || {
        let verdict = asked.verify(&proof, &context);
        drop(slot);
        verdict
    });
    match verdict.await {
        Ok(Verdict::Valid { outputs, inputs }) => {
            let (vk, srs) = (key.digest(), key.srs());
            let mut answer = json!({"verified": true, "outputs": outputs, "vk": vk, "srs": srs});
            if let (Some(fields), false) = (answer.as_object_mut(), inputs.is_empty()) {
                fields.insert("inputs".to_owned(), json!(inputs));
            }
            Json(answer).into_response()
        }
        Ok(Verdict::Invalid(code, message)) => {
            Json(json!({"verified": false, "code": code, "message": message})).into_response()
        }
        Ok(Verdict::Unusable(code, message)) => refusal(StatusCode::BAD_REQUEST, code, message),
        Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the verification ended early"),
    }
}

/// One of [`MAX_RUNNING`]; given back when dropped.
struct Slot(Arc<Api>);

impl Slot {
    fn take(api: &Arc<Api>) -> Option<Self> {
        let more = |running| (running < MAX_RUNNING).then_some(running + 1);
        api.running.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok().map(|_| Self(api.clone()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
    }
}

fn refusal(status: StatusCode, code: &'static str, message: impl Into<String>) -> Response {
    (status, Json(json!({"code": code, "message": message.into()}))).into_response()
}
