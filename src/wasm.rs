//! Bindings for the browser: convert, call, map the error.

mod types;

use js_sys::Function;
use rand_core::OsRng;
use wasm_bindgen::prelude::*;
use web_time::Instant;

use crate::{
    circuit::{BROWSER_MEMORY_BYTES, Layout},
    data,
    error::{Error, Result},
    graph::Model,
    prove::{self, Proof, ProvingKey, Srs, VerifyingKey},
};

use types::{Info, Proved, Verified, to_js};

#[cfg(feature = "web-threads")]
pub use wasm_bindgen_rayon::init_thread_pool;

/// A model with its keys, ready to prove.
#[wasm_bindgen]
pub struct Prover {
    model: Model,
    key: ProvingKey,
}

#[wasm_bindgen]
impl Prover {
    /// Reads and checks the files and derives the proving key. `on_progress(stage, fraction)` is called meanwhile.
    #[wasm_bindgen(constructor)]
    pub fn new(hush: &[u8], vk: &[u8], srs: &[u8], on_progress: Option<Function>) -> Result<Self, JsValue> {
        let mut progress = reporter(on_progress);
        progress("read", 0.0);
        let model = Model::from_bytes(hush)?;
        check_memory(&model)?;
        let vk = VerifyingKey::from_bytes(vk)?;
        let srs = Srs::from_bytes(srs)?;
        progress("keygen", 0.5);
        let key = ProvingKey::new(&model, vk, &srs)?;
        progress("keygen", 1.0);
        Ok(Self { model, key })
    }

    /// What the model takes, gives and costs.
    pub fn info(&self) -> Result<JsValue, JsValue> {
        to_js(&Info::new(&self.model, &self.key))
    }

    /// Proves the output on `inputs`, an object from input names to (nested) arrays of numbers.
    pub fn prove(&self, inputs: JsValue, context: &[u8], on_progress: Option<Function>) -> Result<JsValue, JsValue> {
        let values = data::read_input(types::to_json(&inputs)?.as_bytes(), self.model.input())?;
        let mut progress = reporter(on_progress);
        let proved = prove::prove(&self.model, &self.key, &values, context, OsRng, &mut progress)?;
        to_js(&Proved::new(&self.key.vk, &proved))
    }
}

/// Refuses a model whose proof needs more than the linear memory can grow to.
fn check_memory(model: &Model) -> Result<()> {
    let needed_bytes = Layout::new(model)?.prediction().memory_bytes;
    if needed_bytes > BROWSER_MEMORY_BYTES {
        return Err(Error::OutOfMemory { needed_bytes, available_bytes: BROWSER_MEMORY_BYTES });
    }
    Ok(())
}

/// Verifies a proof file; throws an error of code `rejected` when the proof is invalid.
#[wasm_bindgen]
pub fn verify(vk: &[u8], proof_json: &str, context: &[u8]) -> Result<JsValue, JsValue> {
    let vk = VerifyingKey::from_bytes(vk)?;
    let proof = Proof::from_json(proof_json)?;
    let start = Instant::now();
    let verified = prove::verify(&vk, &proof, context)?;
    to_js(&Verified::new(&vk, &verified, start.elapsed().as_secs_f64()))
}

/// Version of this package.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// How this build's prover computes in this browser: `fma51`, fused multiply-add on vectors, or `limbs30`, integers. The
/// build with relaxed SIMD says `limbs30` where the machine's multiply-add is not fused.
#[wasm_bindgen]
pub fn arithmetic() -> String {
    hushproof_bn254::arithmetic().name().to_owned()
}

/// Size of the linear memory; it never shrinks, so this is the peak.
#[wasm_bindgen(js_name = memoryBytes)]
pub fn memory_bytes() -> f64 {
    core::arch::wasm32::memory_size(0) as f64 * 65536.0
}

fn reporter(on_progress: Option<Function>) -> impl FnMut(&'static str, f64) {
    move |stage, fraction| {
        if let Some(callback) = &on_progress {
            // A callback that throws must not stop a proof.
            drop(callback.call2(&JsValue::NULL, &stage.into(), &fraction.into()));
        }
    }
}

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        types::error_to_js(&error)
    }
}
