//! What JavaScript calls: convert, call, throw the error. Bytes and texts are taken as values of any type, and checked.

use hushproof_core::{
    circuit::{BROWSER_MEMORY_BYTES, Layout},
    commitment::{Commitment, Opening},
    data,
    error::{ArtifactKind, Error, Rejection, Result},
    graph::Model,
    json,
    prove::{self, ModelCommitment, ModelOpening, Proof, ProvingKey, Srs, VerifyingKey},
    request::{Asked, Choices, Request},
    schema::Schema,
};
use hushproof_credential::{Credential, KeySet, Kind, Manifest, Signed};
use hushproof_web::{Thrown, read_bytes, read_option, read_text, reporter, to_js, to_json};
use js_sys::{Function, Reflect, Uint8Array};
use rand_core::OsRng;
use wasm_bindgen::prelude::*;
use web_time::Instant;

use crate::boundary::{
    Arithmetic, AttestedAt, Committed, CredentialAt, CredentialInfo, Info, Keys, ManifestInfo, Predicted, Proved,
    RequestAt, RequestChoices, RequestInfo, SchemaInfo, ShownCommitments, SignedKind, SignedStatement, Transcript,
    Verified,
};

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
    pub fn new(hush: JsValue, vk: JsValue, srs: JsValue, on_progress: Option<Function>) -> Result<Self, Thrown> {
        let mut progress = reporter(on_progress);
        progress("read", 0.0);
        let model = Model::from_bytes(&read_bytes("model", &hush)?)?;
        check_memory(&model)?;
        let vk = VerifyingKey::from_bytes(&read_bytes("vk", &vk)?)?;
        let srs = Srs::from_bytes(&read_bytes("srs", &srs)?)?;
        progress("keygen", 0.5);
        let key = ProvingKey::new(&model, vk, &srs)?;
        progress("keygen", 1.0);
        Ok(Self { model, key })
    }

    /// What the model takes, gives and costs.
    pub fn info(&self) -> Result<JsValue, Thrown> {
        to_js(&Info::new(&self.model, &self.key))
    }

    /// Proves the output on `inputs`, an object from input names to (nested) arrays of numbers, for what was asked: the
    /// bytes of a context, or a request with the time; `transcript` is `blake2b`, also where there is none, or `keccak`.
    /// With a `model_opening`, JSON, the proof says which model of private weights it is about.
    pub fn prove(
        &self,
        inputs: JsValue,
        asked: JsValue,
        transcript: JsValue,
        model_opening: JsValue,
        on_progress: Option<Function>,
    ) -> Result<JsValue, Thrown> {
        if self.model.input.records.is_some() {
            let reason = "the model takes a committed input; give what opens the commitment, opening".to_owned();
            return Err(Error::Option { option: "inputs", reason }.into());
        }
        let asked = read_asked(asked)?;
        let values = data::read_input(to_json(&inputs)?.as_bytes(), &self.model.input.value_info)?;
        self.proved((&values).into(), None, asked, transcript, model_opening, on_progress)
    }

    /// The same of a model with a committed input on the records of openings, an array of JSON texts in the order of the
    /// input's records. The proof's file then holds the credential, where there is one: a [`CredentialAt`].
    #[wasm_bindgen(js_name = proveOpening)]
    pub fn prove_opening(
        &self,
        openings: JsValue,
        credential: JsValue,
        asked: JsValue,
        transcript: JsValue,
        model_opening: JsValue,
        on_progress: Option<Function>,
    ) -> Result<JsValue, Thrown> {
        if self.model.input.records.is_none() {
            let reason = "the model takes no committed input; give the values of the input, inputs".to_owned();
            return Err(Error::Option { option: "opening", reason }.into());
        }
        let texts: Option<Vec<String>> = read_option("opening", openings)?;
        let openings =
            texts.unwrap_or_default().iter().map(|text| Opening::from_json(text)).collect::<Result<Vec<_>>>()?;
        let asked = read_asked(asked)?;
        let credential = read_option("credential", credential)?;
        let credential = attached(credential, &openings, &asked)?;
        self.proved((&openings).into(), credential, asked, transcript, model_opening, on_progress)
    }
}

impl Prover {
    fn proved(
        &self,
        input: prove::Input<'_>,
        credential: Option<String>,
        asked: Asked,
        transcript: JsValue,
        model_opening: JsValue,
        on_progress: Option<Function>,
    ) -> Result<JsValue, Thrown> {
        let opening = read_model_opening(&model_opening)?;
        opening.as_ref().map_or(Ok(()), |opening| opening.check(&self.key))?;
        let transcript: Option<Transcript> = read_option("transcript", transcript)?;
        let transcript = transcript.map(Into::into).unwrap_or_default();
        let mut progress = reporter(on_progress);
        let mut proved = prove::prove(&self.model, &self.key, input, asked, transcript, OsRng, &mut progress)?;
        if let Some(opening) = opening {
            proved.bind(&self.key, &opening, OsRng)?;
        }
        proved.proof.credential = credential;
        to_js(&Proved::new(&self.key.vk, &proved))
    }
}

/// What hides the private weights of a model, JSON; none where it is `undefined`.
fn read_model_opening(text: &JsValue) -> Result<Option<ModelOpening>> {
    if text.is_undefined() {
        return Ok(None);
    }
    ModelOpening::from_json(&read_text("modelOpening", text)?).map(Some)
}

/// The text of a credential for the commitment that is opened, by the issuer that is asked for, if any is; the signature
/// is the verifier's to check.
///
/// # Errors
/// Those of reading it; `Untrusted` for one that does not hold, `Rejected` for another issuer than the request asks for.
fn attached(credential: Option<CredentialAt>, openings: &[Opening], asked: &Asked) -> Result<Option<String>> {
    let Some(CredentialAt { credential: text, now }) = credential else {
        asked.check_issuer()?;
        return Ok(None);
    };
    let [opening] = openings else {
        let reason = "a credential is for an input that is one record".to_owned();
        return Err(Error::Option { option: "credential", reason });
    };
    let text = text.trim_ascii();
    let credential = Credential::read(&Signed::read(text, Kind::Credential)?.payload, seconds("now", now)?)?;
    credential.check_commitment(&opening.commitment)?;
    asked.clone().attested_by(credential.issuer).check_issuer()?;
    Ok(Some(text.to_owned()))
}

/// Refuses a model whose proof needs more than the linear memory can grow to.
fn check_memory(model: &Model) -> Result<()> {
    let needed_bytes = Layout::new(model)?.prediction().memory_bytes;
    if needed_bytes > BROWSER_MEMORY_BYTES {
        return Err(Error::OutOfMemory { needed_bytes, available_bytes: BROWSER_MEMORY_BYTES });
    }
    Ok(())
}

/// What a model gives on `inputs`, an object from input names to (nested) arrays of numbers: the outputs that a proof
/// would show, without one.
#[wasm_bindgen]
pub fn predict(hush: JsValue, inputs: JsValue) -> Result<JsValue, Thrown> {
    let model = Model::from_bytes(&read_bytes("model", &hush)?)?;
    let values = data::read_input(to_json(&inputs)?.as_bytes(), &model.input.value_info)?;
    to_js(&Predicted::new(&model, &model.predict(&values)?))
}

/// What a proof is for: the bytes of a context, or a [`RequestAt`].
fn read_asked(asked: JsValue) -> Result<Asked> {
    if asked.is_instance_of::<Uint8Array>() {
        return Ok((&read_bytes("context", &asked)?).into());
    }
    let neither = || Error::Option { option: "context", reason: "expected a Uint8Array, or a request".to_owned() };
    if !Reflect::has(&asked, &"request".into()).unwrap_or(false) {
        return Err(neither());
    }
    let asked: Option<RequestAt> = read_option("request", asked)?;
    let RequestAt { request, now } = asked.ok_or_else(neither)?;
    Ok(Asked::request(Request::from_json(&request)?, seconds("now", now)?))
}

/// Whole seconds, as many as every number of JavaScript keeps exactly.
fn seconds(option: &'static str, value: f64) -> Result<u64> {
    let whole = value.is_finite() && value.fract() == 0.0 && (0.0..=9_007_199_254_740_991.0).contains(&value);
    let refuse = || Error::Option { option, reason: "expected whole seconds, not negative".to_owned() };
    if whole { Ok(value as u64) } else { Err(refuse()) }
}

/// Verifies a proof file for what was asked, as [`Prover::prove`] takes it, and for the credential whose signature was
/// checked, an [`AttestedAt`], which must be for the commitment that the proof shows; for the model of private weights that
/// was committed to, JSON; and for the commitments that it must show, a [`ShownCommitments`]. Throws an error of code
/// `rejected` when the proof is invalid, of code `expired` when the request no longer holds, of code `credential` when the
/// credential does not, of code `model-binding` when the proof is not about that model.
#[wasm_bindgen]
pub fn verify(
    vk: JsValue,
    proof_json: JsValue,
    asked: JsValue,
    attested: JsValue,
    model: JsValue,
    shown: JsValue,
) -> Result<JsValue, Thrown> {
    let mut asked = read_asked(asked)?;
    let attested: Option<AttestedAt> = read_option("credential", attested)?;
    let vk = VerifyingKey::from_bytes(&read_bytes("vk", &vk)?)?;
    let proof = Proof::from_json(&read_text("proof", &proof_json)?)?;
    let credential = attested.map(|attested| attesting(&attested, &vk, &proof)).transpose()?;
    if let Some(credential) = &credential {
        asked = asked.attested_by(&credential.issuer);
    }
    let model =
        if model.is_undefined() { None } else { Some(ModelCommitment::from_json(&read_text("model", &model)?)?) };
    let shown: Option<ShownCommitments> = read_option("commitments", shown)?;
    let shown = shown.map(ShownCommitments::read).transpose()?;
    let start = Instant::now();
    let verified = match model {
        Some(model) => prove::verify_model(&vk, &proof, asked, &model)?,
        None => prove::verify(&vk, &proof, asked)?,
    };
    if let Some((inputs, output)) = &shown {
        inputs.as_deref().map_or(Ok(()), |inputs| verified.check_inputs(inputs))?;
        output.as_ref().map_or(Ok(()), |output| verified.check_output(output))?;
    }
    to_js(&Verified::new(&vk, &verified, credential, start.elapsed().as_secs_f64()))
}

/// What a credential says that is for the commitment which a proof shows.
fn attesting(AttestedAt { payload, now }: &AttestedAt, vk: &VerifyingKey, proof: &Proof) -> Result<Credential> {
    let credential = Credential::read(payload, seconds("now", *now)?)?;
    credential.check_commitment(&commitment(vk, proof)?)?;
    Ok(credential)
}

/// The commitment to the input that a proof shows.
fn commitment(vk: &VerifyingKey, proof: &Proof) -> Result<Commitment> {
    vk.statement.commitment(&proof.codes).ok_or(Error::Rejected(Rejection::Uncommitted))
}

/// The credential that a proof file holds, of which nothing is checked; `undefined` where there is none. Throws an error
/// of code `rejected` where the proof shows no commitment that it could be for.
#[wasm_bindgen(js_name = credentialOf)]
pub fn credential_of(vk: JsValue, proof_json: JsValue) -> Result<Option<String>, Thrown> {
    let vk = VerifyingKey::from_bytes(&read_bytes("vk", &vk)?)?;
    let proof = Proof::from_json(&read_text("proof", &proof_json)?)?;
    commitment(&vk, &proof)?;
    Ok(proof.credential)
}

/// A new request for a proof under a verifying key, from `now` on.
#[wasm_bindgen(js_name = newRequest)]
pub fn new_request(vk: JsValue, choices: JsValue, now: f64) -> Result<JsValue, Thrown> {
    let vk = VerifyingKey::from_bytes(&read_bytes("vk", &vk)?)?.digest();
    let choices: Option<RequestChoices> = read_option("request", choices)?;
    let choices =
        choices.ok_or_else(|| Error::Option { option: "request", reason: "expected an object".to_owned() })?;
    let RequestChoices { audience, purpose, ttl, nonce, issuer, schema, response_uri } = choices;
    let (now, ttl) = (seconds("now", now)?, seconds("ttl", ttl)?);
    let choices = Choices { audience, purpose, ttl, nonce, issuer, schema, response_uri };
    let request = choices.request(vk, now, OsRng).map_err(|(option, reason)| Error::Option { option, reason })?;
    to_js(&RequestInfo::new(&request)?)
}

/// What a request says; throws an error of code `artifact` or `version` for text that is none.
#[wasm_bindgen(js_name = readRequest)]
pub fn read_request(request: JsValue) -> Result<JsValue, Thrown> {
    to_js(&RequestInfo::new(&Request::from_json(&read_text("request", &request)?)?)?)
}

/// What a schema allows; throws an error of code `artifact` or `version` for text that is none.
#[wasm_bindgen(js_name = readSchema)]
pub fn read_schema(schema: JsValue) -> Result<JsValue, Thrown> {
    to_js(&SchemaInfo::new(&Schema::from_json(&read_text("schema", &schema)?)?)?)
}

/// Commits to a record, JSON, with a salt of the browser's randomness; throws an error of code `record` that names the
/// field, never its value.
#[wasm_bindgen]
pub fn commit(schema: JsValue, record: JsValue) -> Result<JsValue, Thrown> {
    let schema = Schema::from_json(&read_text("schema", &schema)?)?;
    // A message of the parser could show a value.
    let record = json::any(read_text("record", &record)?.as_bytes())
        .map_err(|_| Error::artifact(ArtifactKind::Data, "expected a record as JSON, no name in it twice"))?;
    to_js(&Committed::new(&Opening::new(&schema, record, OsRng)?))
}

/// Reads a signature and finds the key that it says to be by in a set of JSON Web Keys; checks neither.
#[wasm_bindgen(js_name = readSigned)]
pub fn read_signed(text: JsValue, kind: JsValue, keys: JsValue) -> Result<JsValue, Thrown> {
    let kind: Option<SignedKind> = read_option("kind", kind)?;
    let kind = kind.ok_or_else(|| Error::Option { option: "kind", reason: "needed".to_owned() })?;
    let (text, keys) = (read_text("credential", &text)?, KeySet::from_json(&read_text("keys", &keys)?)?);
    to_js(&SignedStatement::new(Signed::read(&text, kind.into())?, &keys))
}

/// What the payload of a credential says, whose signature was checked; throws an error of code `credential` where it
/// does not hold at this time.
#[wasm_bindgen(js_name = readCredential)]
pub fn read_credential(payload: JsValue, now: f64) -> Result<JsValue, Thrown> {
    let credential = Credential::read(&read_text("payload", &payload)?, seconds("now", now)?)?;
    to_js(&CredentialInfo::from(credential))
}

/// What the payload of a manifest says, whose signature was checked.
#[wasm_bindgen(js_name = readManifest)]
pub fn read_manifest(payload: JsValue) -> Result<JsValue, Thrown> {
    to_js(&ManifestInfo::from(Manifest::read(&read_text("payload", &payload)?)?))
}

/// The verifying key of a model. Without an SRS one is made here, of exactly the model's size, and comes with it: a
/// development one, in which nobody but the maker can trust. `on_progress(stage, fraction)` is called meanwhile.
#[wasm_bindgen(js_name = makeKeys)]
pub fn make_keys(hush: JsValue, srs: JsValue, on_progress: Option<Function>) -> Result<JsValue, Thrown> {
    let mut progress = reporter(on_progress);
    progress("read", 0.0);
    let model = Model::from_bytes(&read_bytes("model", &hush)?)?;
    check_memory(&model)?;
    let (srs, made) = if srs.is_undefined() {
        progress("setup", 0.0);
        let srs = Srs::new_development(Layout::new(&model)?.k, OsRng)?;
        let bytes = srs.to_bytes();
        (srs, Some(bytes))
    } else {
        (Srs::from_bytes(&read_bytes("srs", &srs)?)?, None)
    };
    progress("keys", 0.0);
    let vk = prove::keygen(&model, &srs)?;
    progress("keys", 1.0);
    to_js(&Keys { vk: vk.to_bytes(), srs: made, srs_origin: vk.srs_origin.into() })
}

/// How this build's prover computes in this browser: `fma51`, fused multiply-add on vectors, or `limbs30`, integers.
/// The build with relaxed SIMD says `limbs30` where the machine's multiply-add is not fused.
#[wasm_bindgen]
pub fn arithmetic() -> Result<JsValue, Thrown> {
    to_js(&Arithmetic::from(hushproof_bn254::arithmetic()))
}
