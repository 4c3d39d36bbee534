//! The verification API, which `docs/server.md` describes. Answers are JSON; no request is logged.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    routing::{get, post},
};
use hushproof::codec;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use tokio::sync::Semaphore;

use super::{
    body::Reader,
    json,
    keys::{self, Key, Verdict},
    limits::Limits,
    refusal::Refusal,
};

struct Api {
    keys: Vec<Arc<dyn Key>>,
    bodies: Reader,
    running: Arc<Semaphore>,
}

pub(super) fn router(keys: Vec<Arc<dyn Key>>, limits: &Limits) -> Router {
    let running = Arc::new(Semaphore::new(limits.verifications));
    Router::new()
        .route("/verify", post(verify))
        .route("/keys", get(list_keys))
        .fallback(async || Refusal::NotFound)
        .method_not_allowed_fallback(async || Refusal::Method)
        .with_state(Arc::new(Api { keys, bodies: Reader::new(limits), running }))
}

async fn list_keys(State(api): State<Arc<Api>>) -> Json<Value> {
    let keys: Vec<_> = api.keys.iter().map(|key| key.about()).collect();
    Json(json!({ "keys": keys }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request<'a> {
    /// A proof file's content.
    #[serde(borrow)]
    proof: &'a RawValue,
    /// Hexadecimal; the context that the relying party gave out.
    context: Option<String>,
    /// In its place: that none was given out.
    #[serde(default)]
    no_context: bool,
    /// Digest or file name of the key to use.
    vk: String,
}

/// A request that was understood.
struct Question {
    key: Arc<dyn Key>,
    proof: String,
    context: Vec<u8>,
}

async fn verify(State(api): State<Arc<Api>>, headers: HeaderMap, body: Body) -> Result<Json<Value>, Refusal> {
    if !is_json(&headers) {
        return Err(Refusal::ContentType);
    }
    let body = api.bodies.read(body).await?;
    let question = Arc::new(understand(&api.keys, &body.bytes)?);
    let running = api.running.clone().try_acquire_owned();
    let running = running.map_err(|_| Refusal::Busy("too many verifications at once"))?;
    // Milliseconds of computing, so on a thread of its own.
    let asked = question.clone();
    let verdict = tokio::task::spawn_blocking(move || {
        let _until_verified = (running, body.share);
        asked.key.verify(&asked.proof, &asked.context)
    });
    let verdict = verdict.await.map_err(|_| Refusal::Internal)??;
    Ok(Json(answer(&question, verdict)))
}

/// Other sites' pages cannot send this type without asking first, and are never allowed to.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mime = value.and_then(|value| value.split(';').next());
    mime.is_some_and(|mime| mime.trim().eq_ignore_ascii_case("application/json"))
}

fn understand(keys: &[Arc<dyn Key>], body: &[u8]) -> Result<Question, Refusal> {
    let request: Request<'_> = json::object(body).map_err(Refusal::Request)?;
    let proof = request.proof.get();
    if !proof.starts_with('{') {
        return Err(Refusal::Request("proof: expected an object".to_owned()));
    }
    let context = match (&request.context, request.no_context) {
        (None, true) => Ok(Vec::new()),
        (Some(text), false) if !text.is_empty() => codec::from_hex(text),
        _ => Err("a nonce, or `\"no_context\": true` where none was given out".to_owned()),
    };
    let context = context.map_err(|reason| Refusal::Request(format!("context: {reason}")))?;
    Ok(Question { key: keys::find(keys, &request.vk)?, proof: proof.to_owned(), context })
}

fn answer(question: &Question, verdict: Verdict) -> Value {
    let about = question.key.about();
    let mut answer = json!({
        "model": about.model,
        "vk": about.vk,
        "weights": about.weights,
        "srs": about.srs,
        "context": hex::encode(&question.context),
    });
    match verdict {
        Verdict::Valid(values) => {
            answer["verified"] = json!(true);
            for (name, value) in values {
                answer[name] = value;
            }
        }
        Verdict::Invalid(code, message) => {
            answer["verified"] = json!(false);
            answer["code"] = json!(code);
            answer["message"] = json!(message);
        }
    }
    answer
}
