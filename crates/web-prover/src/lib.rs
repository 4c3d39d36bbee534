//! Keys, proofs and verification in a browser: convert, call, throw the error. Who proves downloads no compiler.
#![cfg(target_arch = "wasm32")]

use std::collections::BTreeMap;

use hushproof_core::{
    circuit::{BROWSER_MEMORY_BYTES, Layout},
    data,
    error::{Error, Result},
    graph::Model,
    prove::{self, Proof, ProvingKey, Srs, Transcript, VerifyingKey},
};
use hushproof_web::{Thrown, reporter, to_js, to_json, with_files};
use js_sys::Function;
use rand_core::OsRng;
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_time::Instant;

#[cfg(feature = "web-threads")]
pub use wasm_bindgen_rayon::init_thread_pool;

/// Version of this module.
#[wasm_bindgen]
pub fn version() -> String {
    hushproof_web::version()
}

/// Size of the linear memory; it never shrinks, so this is the peak.
#[wasm_bindgen(js_name = memoryBytes)]
pub fn memory_bytes() -> f64 {
    hushproof_web::memory_bytes()
}

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
    pub fn new(hush: &[u8], vk: &[u8], srs: &[u8], on_progress: Option<Function>) -> Result<Self, Thrown> {
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
    pub fn info(&self) -> Result<JsValue, Thrown> {
        to_js(&Info::new(&self.model, &self.key))
    }

    /// Proves the output on `inputs`, an object from input names to (nested) arrays of numbers; `transcript` is
    /// `blake2b`, also where there is none, or `keccak`.
    pub fn prove(
        &self,
        inputs: JsValue,
        context: &[u8],
        transcript: Option<String>,
        on_progress: Option<Function>,
    ) -> Result<JsValue, Thrown> {
        let named = transcript.map_or(Ok(Transcript::default()), |name| name.parse());
        let transcript = named.map_err(|reason| Error::Option { option: "transcript", reason })?;
        let values = data::read_input(to_json(&inputs)?.as_bytes(), &self.model.input.value_info)?;
        let mut progress = reporter(on_progress);
        let proved = prove::prove(&self.model, &self.key, &values, context, transcript, OsRng, &mut progress)?;
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
pub fn verify(vk: &[u8], proof_json: &str, context: &[u8]) -> Result<JsValue, Thrown> {
    let vk = VerifyingKey::from_bytes(vk)?;
    let proof = Proof::from_json(proof_json)?;
    let start = Instant::now();
    let verified = prove::verify(&vk, &proof, context)?;
    to_js(&Verified::new(&vk, &verified, start.elapsed().as_secs_f64()))
}

/// The verifying key of a model: `{ vk, srs_origin }`. Without an SRS one is made here, of exactly the model's size,
/// and comes with it as `srs`: a development one, in which nobody but the maker can trust. `on_progress(stage,
/// fraction)` is called meanwhile.
#[wasm_bindgen(js_name = makeKeys)]
pub fn make_keys(hush: &[u8], srs: Option<Vec<u8>>, on_progress: Option<Function>) -> Result<JsValue, Thrown> {
    let mut progress = reporter(on_progress);
    progress("read", 0.0);
    let model = Model::from_bytes(hush)?;
    check_memory(&model)?;
    let (srs, made) = match srs {
        Some(bytes) => (Srs::from_bytes(&bytes)?, None),
        None => {
            progress("setup", 0.0);
            let srs = Srs::new_development(Layout::new(&model)?.k, OsRng)?;
            let bytes = srs.to_bytes();
            (srs, Some(bytes))
        }
    };
    progress("keys", 0.0);
    let vk = prove::keygen(&model, &srs)?;
    progress("keys", 1.0);
    let vk_bytes = vk.to_bytes();
    let mut files = vec![("vk", vk_bytes.as_slice())];
    files.extend(made.as_deref().map(|bytes| ("srs", bytes)));
    with_files(&Keys { srs_origin: vk.srs_origin.to_string() }, &files)
}

#[derive(Serialize)]
struct Keys {
    srs_origin: String,
}

/// How this build's prover computes in this browser: `fma51`, fused multiply-add on vectors, or `limbs30`, integers.
/// The build with relaxed SIMD says `limbs30` where the machine's multiply-add is not fused.
#[wasm_bindgen]
pub fn arithmetic() -> String {
    hushproof_bn254::arithmetic().name().to_owned()
}

#[derive(Serialize)]
struct Info<'a> {
    model: &'a str,
    digest: String,
    k: u32,
    rows: usize,
    advice_columns: usize,
    srs_origin: String,
    inputs: [InputInfo<'a>; 1],
    outputs: [OutputInfo<'a>; 1],
}

#[derive(Serialize)]
struct InputInfo<'a> {
    name: &'a str,
    shape: &'a [usize],
    min: Vec<f64>,
    max: Vec<f64>,
}

#[derive(Serialize)]
struct OutputInfo<'a> {
    name: &'a str,
    kind: &'static str,
}

impl<'a> Info<'a> {
    fn new(model: &'a Model, key: &'a ProvingKey) -> Self {
        let (input, (min, max)) = (&model.input.value_info, model.input_range());
        Self {
            model: &model.name,
            digest: hex::encode(key.vk.digest()),
            k: key.layout.k,
            rows: key.layout.rows_used(),
            advice_columns: key.vk.params.advice_columns(),
            srs_origin: key.vk.srs_origin.to_string(),
            inputs: [InputInfo { name: &input.name, shape: &input.shape, min, max }],
            outputs: [OutputInfo {
                name: &model.output.value_info.name,
                kind: key.vk.statement.output.encoding.name(),
            }],
        }
    }
}

#[derive(Serialize)]
struct Proved<'a> {
    proof: String,
    outputs: BTreeMap<&'a str, &'a [f64]>,
    seconds: prove::Seconds,
    stages: prove::StageSeconds,
}

impl<'a> Proved<'a> {
    fn new(vk: &'a VerifyingKey, proved: &'a prove::Proved) -> Self {
        Self {
            proof: proved.proof.to_json(),
            outputs: BTreeMap::from([(vk.statement.output.value_info.name.as_str(), proved.outputs.as_slice())]),
            seconds: proved.seconds,
            stages: proved.stages,
        }
    }
}

#[derive(Serialize)]
struct Verified<'a> {
    outputs: BTreeMap<&'a str, &'a [f64]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<BTreeMap<&'a str, &'a [f64]>>,
    model: &'a str,
    seconds: f64,
    srs_origin: String,
}

impl<'a> Verified<'a> {
    fn new(vk: &'a VerifyingKey, verified: &'a prove::Verified, seconds: f64) -> Self {
        Self {
            outputs: BTreeMap::from([(vk.statement.output.value_info.name.as_str(), verified.outputs.as_slice())]),
            inputs: (vk.statement.input.as_ref())
                .map(|input| BTreeMap::from([(input.value_info.name.as_str(), verified.inputs.as_slice())])),
            model: &vk.model,
            seconds,
            srs_origin: vk.srs_origin.to_string(),
        }
    }
}
