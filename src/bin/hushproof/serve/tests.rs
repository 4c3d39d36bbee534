#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod api;
pub(crate) mod client;
mod connections;
mod files;
mod headers;

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc, Barrier,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use hushproof::request::Asked;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{
    keys::{About, Key, Verdict},
    limits::Limits,
    refusal::Refusal,
    router,
};

/// Accepts the context `[1, 2]`; a proof without the field `proof` is unusable.
struct FakeKey {
    about: About,
    /// Where a verification of the proof `wait` waits, twice.
    gate: Arc<Barrier>,
}

impl FakeKey {
    fn new(digest: &str, file: &str) -> Self {
        let [vk, file, model, srs] = [digest, file, "fake", "development"].map(str::to_owned);
        Self { about: About { vk, file, model, weights: json!("public"), srs }, gate: Arc::new(Barrier::new(2)) }
    }
}

impl Key for FakeKey {
    fn about(&self) -> &About {
        &self.about
    }

    fn verify(&self, proof: &str, asked: &Asked) -> Result<Verdict, Refusal> {
        let proof: Value = serde_json::from_str(proof).unwrap();
        assert_ne!(proof["proof"], json!("panic"), "asked for");
        if proof["proof"] == "wait" {
            self.gate.wait();
            self.gate.wait();
        }
        let context = asked.context.bytes().unwrap();
        match (proof.get("proof"), context.as_ref()) {
            (None, _) => Err(Refusal::Proof("artifact", "no proof".to_owned())),
            (Some(_), [1, 2]) => {
                let values = json!({"outputs": {"probability": [0.5, -1.0]}});
                Ok(Verdict::Valid(values))
            }
            _ => Ok(Verdict::Invalid("rejected", "another context".to_owned())),
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
        site.write("www/sub/.env", b"hidden");
        site
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn router(&self) -> Router {
        let keys = [("aa11", "a.vk"), ("bb22", "b.vk"), ("cc33", "twice.vk"), ("dd44", "twice.vk")];
        let keys = keys.map(|(digest, file)| Arc::new(FakeKey::new(digest, file)) as Arc<dyn Key>);
        router(&self.0.join("www"), keys.to_vec(), &Limits::new(64)).unwrap()
    }

    fn send(&self, request: Request<Body>) -> Answer {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
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
