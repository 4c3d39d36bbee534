//! The verification API, which `docs/server.md` describes. Answers are JSON; no request is logged.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    routing::{get, post},
};
use hushproof::{
    codec, json,
    request::{Asked, Context, Request},
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use tokio::sync::Semaphore;

use super::{
    body::Reader,
    keys::{self, Key, Verdict},
    limits::Limits,
    refusal::Refusal,
};
use crate::asked::since_1970;

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
struct Verify<'a> {
    /// A proof file's content.
    #[serde(borrow)]
    proof: &'a RawValue,
    /// The request that the proof has to answer.
    #[serde(borrow)]
    request: Option<&'a RawValue>,
    /// In its place: the context that the relying party gave out, in hexadecimal.
    context: Option<String>,
    /// In place of both: that none was given out.
    #[serde(default)]
    no_context: bool,
    /// Digest or file name of the key to use; the request's where there is one.
    vk: Option<String>,
}

/// A body that was understood.
struct Question {
    key: Arc<dyn Key>,
    proof: String,
    asked: Asked,
    context: String,
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
        asked.key.verify(&asked.proof, &asked.asked)
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
    let body: Verify<'_> = json::object(body).map_err(Refusal::Request)?;
    let proof = body.proof.get();
    if !proof.starts_with('{') {
        return Err(Refusal::Request("proof: expected an object".to_owned()));
    }
    let asked = asked(&body)?;
    let requested = match &asked.context {
        Context::Request(request) => Some(hex::encode(request.vk)),
        Context::Bytes(_) => None,
    };
    let name = body.vk.or(requested).ok_or_else(|| Refusal::Request("missing field `vk`".to_owned()))?;
    let context = asked.context.bytes().map_err(|error| Refusal::Request(error.to_string()))?;
    let context = hex::encode(context);
    Ok(Question { key: keys::find(keys, &name)?, proof: proof.to_owned(), asked, context })
}

/// What a body says that the proof was asked for.
fn asked(body: &Verify<'_>) -> Result<Asked, Refusal> {
    let refuse = |name: &str, reason: String| Refusal::Request(format!("{name}: {reason}"));
    match (body.request, &body.context, body.no_context) {
        (Some(request), None, false) => {
            let request = Request::from_json(request.get()).map_err(|error| refuse("request", error.to_string()))?;
            Ok(Asked::request(request, since_1970().ok_or(Refusal::Internal)?))
        }
        (None, None, true) => Ok((&[]).into()),
        (None, Some(text), false) if !text.is_empty() => {
            Ok((&codec::from_hex(text).map_err(|reason| refuse("context", reason))?).into())
        }
        _ => {
            let reason = "a request, a context, or `\"no_context\": true` where none was given out";
            Err(Refusal::Request(reason.to_owned()))
        }
    }
}

fn answer(question: &Question, verdict: Verdict) -> Value {
    let about = question.key.about();
    let mut answer = json!({
        "model": about.model,
        "vk": about.vk,
        "weights": about.weights,
        "srs": about.srs,
        "context": question.context,
    });
    if let Context::Request(request) = &question.asked.context {
        answer["request"] = json!(request);
    }
    match verdict {
        Verdict::Valid(values) => {
            answer["verified"] = json!(true);
            for (name, value) in values.as_object().into_iter().flatten() {
                answer[name] = value.clone();
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
