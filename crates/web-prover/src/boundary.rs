//! The data that JavaScript gives and is given. A test of `hushproof-web` makes the TypeScript of these types and their
//! documentation, `www/src/lib/boundary.ts`.

use std::collections::BTreeMap;

use hushproof_core::{
    Result,
    commitment::{Commitment, Opening},
    graph::{Categories, Model, Part, ValueInfo},
    prove::{self, ProvingKey, VerifyingKey, srs::Origin},
    request::Request,
    schema::{Records, Schema},
};
use hushproof_credential::{Credential, KeySet, Kind, Manifest, PublicKey, Signed};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How field elements are multiplied: two at a time by fused multiply-add of doubles, or one at a time on limbs of 30
/// bits.
#[derive(Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Arithmetic {
    /// By fused multiply-add.
    Fma51,
    /// On limbs.
    Limbs30,
}

impl From<hushproof_bn254::Arithmetic> for Arithmetic {
    fn from(arithmetic: hushproof_bn254::Arithmetic) -> Self {
        match arithmetic {
            hushproof_bn254::Arithmetic::Fma51 => Self::Fma51,
            // The only other one that wasm has.
            _ => Self::Limbs30,
        }
    }
}

/// Where the structured reference string comes from; a development one was made by whoever published the model, and one
/// of unknown origin may have been.
#[derive(Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum SrsOrigin {
    /// One program run.
    Development,
    /// A ceremony that this build knows by its result.
    Ceremony,
    /// Anything else.
    Unknown,
}

impl From<Origin> for SrsOrigin {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Development => Self::Development,
            Origin::Ceremony(_) => Self::Ceremony,
            Origin::Unknown => Self::Unknown,
        }
    }
}

/// The hash that turns what a prover has sent into challenges; EVM chains compute keccak cheaply.
#[derive(Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Transcript {
    /// Blake2b-512.
    Blake2b,
    /// Keccak-256.
    Keccak,
}

impl From<Transcript> for prove::Transcript {
    fn from(transcript: Transcript) -> Self {
        match transcript {
            Transcript::Blake2b => Self::Blake2b,
            Transcript::Keccak => Self::Keccak,
        }
    }
}

/// A relying party's request, and when it is looked at.
#[derive(Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RequestAt {
    /// JSON.
    pub request: String,
    /// Seconds since 1970.
    pub now: f64,
}

/// An issuer's signature on the commitment that a proof shows, and when it has to hold.
#[derive(Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CredentialAt {
    /// A JSON Web Signature.
    pub credential: String,
    /// Seconds since 1970.
    pub now: f64,
}

/// What an issuer's signature says that was checked, and when it has to hold.
#[derive(Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct AttestedAt {
    /// JSON.
    pub payload: String,
    /// Seconds since 1970.
    pub now: f64,
}

/// What a new request says.
#[derive(Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RequestChoices {
    /// Who asks: a domain, or another name that the person knows.
    pub audience: String,
    /// What for, in words that the person is shown.
    pub purpose: String,
    /// Seconds for which it holds.
    pub ttl: f64,
    /// Random bytes in hexadecimal; 32 of the browser's without it.
    #[ts(optional)]
    pub nonce: Option<String>,
    /// Who must have signed the commitment to the input.
    #[ts(optional)]
    pub issuer: Option<String>,
    /// Digest of the schema that the commitment must be of.
    #[ts(optional)]
    pub schema: Option<String>,
    /// Where the answer is to be sent: an address of HTTPS, or of HTTP on this machine.
    #[ts(optional)]
    pub response_uri: Option<String>,
}

/// What a request says.
#[derive(Serialize, TS)]
#[ts(rename = "WasmRequest")]
pub struct RequestInfo<'a> {
    /// Its canonical JSON (RFC 8785).
    pub request: String,
    /// SHA-256 of that in hexadecimal: the context of a proof that answers it.
    pub context: String,
    /// Who asks.
    pub audience: &'a str,
    /// What for.
    pub purpose: &'a str,
    /// Digest of the verifying key that the proof must be made for, in hexadecimal.
    pub vk: String,
    /// Seconds since 1970 from which on no proof answers it.
    pub expires: u64,
    /// Random bytes that tell requests apart, in hexadecimal.
    pub nonce: String,
    /// Who must have signed the commitment to the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub issuer: Option<&'a str>,
    /// Digest of the schema that the commitment must be of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub schema: Option<String>,
    /// Where the answer is to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub response_uri: Option<&'a str>,
}

impl<'a> RequestInfo<'a> {
    /// Of a request.
    ///
    /// # Errors
    /// As [`Request::to_json`].
    pub fn new(request: &'a Request) -> Result<Self> {
        Ok(Self {
            request: request.to_json()?,
            context: hex::encode(request.context()?),
            audience: &request.audience,
            purpose: &request.purpose,
            vk: hex::encode(request.vk),
            expires: request.expires,
            nonce: hex::encode(&request.nonce),
            issuer: request.issuer.as_deref(),
            schema: request.schema.map(hex::encode),
            response_uri: request.response_uri.as_deref(),
        })
    }
}

/// Commitments that a proof must show, each the JSON of one.
#[derive(Deserialize, TS)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ShownCommitments {
    /// Those to the records of the input, in their order.
    #[serde(default)]
    #[ts(optional)]
    pub inputs: Option<Vec<String>>,
    /// That to the output.
    #[serde(default)]
    #[ts(optional)]
    pub output: Option<String>,
}

impl ShownCommitments {
    /// # Errors
    /// `Artifact` for text that is no commitment.
    pub fn read(self) -> Result<(Option<Vec<Commitment>>, Option<Commitment>)> {
        let read = |text: String| Commitment::from_json(&text);
        let inputs = self.inputs.map(|inputs| inputs.into_iter().map(read).collect()).transpose()?;
        Ok((inputs, self.output.map(read).transpose()?))
    }
}

/// What a schema allows.
#[derive(Serialize, TS)]
#[ts(rename = "WasmSchema")]
pub struct SchemaInfo<'a> {
    /// What a person calls such a record.
    pub name: &'a str,
    /// SHA-256 of its canonical JSON, in hexadecimal.
    pub digest: String,
    /// Values of a record.
    pub elements: usize,
    /// Bits that hold the integer of any of them.
    pub bits: u32,
}

impl<'a> SchemaInfo<'a> {
    /// Of a schema.
    ///
    /// # Errors
    /// As [`Schema::digest`].
    pub fn new(schema: &'a Schema) -> Result<Self> {
        let digest = hex::encode(schema.digest()?);
        Ok(Self { name: &schema.name, digest, elements: schema.len(), bits: schema.bits() })
    }
}

/// A commitment to a record, and what opens it.
#[derive(Serialize, TS)]
pub struct Committed {
    /// JSON with the record and a salt, which only the record's owner keeps.
    pub opening: String,
    /// JSON with the schema's digest and the commitment, which says nothing of the record.
    pub commitment: String,
}

impl Committed {
    /// Of an opening.
    pub fn new(opening: &Opening) -> Self {
        Self { opening: opening.to_json(), commitment: opening.commitment.to_json() }
    }
}

/// What a signature is of.
#[derive(Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum SignedKind {
    /// A commitment to a record.
    Credential,
    /// The files of a model.
    Manifest,
}

impl From<SignedKind> for Kind {
    fn from(kind: SignedKind) -> Self {
        match kind {
            SignedKind::Credential => Self::Credential,
            SignedKind::Manifest => Self::Manifest,
        }
    }
}

/// A signature, and the key that it says to be by; nothing of it is checked yet.
#[derive(Serialize, TS)]
pub struct SignedStatement<'a> {
    /// `ES256` or `EdDSA`.
    pub alg: &'static str,
    /// The key as JSON Web Key; none where no key of the set has its id, for this algorithm.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub jwk: Option<String>,
    /// What is signed, ASCII.
    pub signed: &'a str,
    /// The signature.
    #[serde(with = "serde_bytes")]
    #[ts(type = "Uint8Array<ArrayBuffer>")]
    pub signature: Vec<u8>,
    /// What is said, JSON.
    pub payload: String,
}

impl<'a> SignedStatement<'a> {
    /// Of a signature and the keys that are believed.
    pub fn new(read: Signed<'a>, keys: &KeySet) -> Self {
        let Signed { algorithm, key, signed, signature, payload } = read;
        let jwk = keys.find(&key, algorithm).map(PublicKey::to_json);
        Self { alg: algorithm.name(), jwk, signed, signature, payload }
    }
}

/// What an issuer says.
#[derive(Serialize, TS)]
#[ts(rename = "WasmCredential")]
pub struct CredentialInfo {
    /// Who signed.
    pub issuer: String,
    /// When, in seconds since 1970.
    pub issued: u64,
    /// Seconds since 1970 from which on it does not hold.
    pub expires: u64,
    /// Digest of the record's schema, in hexadecimal.
    pub schema: String,
    /// The commitment to the record, in hexadecimal.
    pub commitment: String,
}

impl From<Credential> for CredentialInfo {
    fn from(credential: Credential) -> Self {
        let (schema, commitment) = credential.commitment.texts();
        let Credential { issuer, issued, expires, .. } = credential;
        Self { issuer, issued, expires, schema, commitment }
    }
}

/// What a publisher says of a model.
#[derive(Serialize, TS)]
#[ts(rename = "WasmManifest")]
pub struct ManifestInfo {
    /// Who signed.
    pub issuer: String,
    /// When, in seconds since 1970.
    pub issued: u64,
    /// The model's name.
    pub model: String,
    /// SHA-256 of the ONNX file, in hexadecimal.
    pub onnx: String,
    /// SHA-256 of the rows that it was compiled on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub calibration: Option<String>,
    /// Arguments of `hushproof compile` beside these files.
    pub settings: Vec<String>,
    /// Digest of the `.hush` file, Blake2b-256 in hexadecimal.
    pub hush: String,
    /// Digest of the `.vk` file, as proofs name it.
    pub vk: String,
    /// The id of its private weights, as proofs name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub model_id: Option<String>,
    /// The version of Hushproof that compiled it.
    pub version: String,
    /// Digest of the schema of its records.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub schema: Option<String>,
    /// Digests of the schemas of several committed inputs, in their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub schemas: Option<Vec<String>>,
    /// Digest of the schema of a committed output.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub output_schema: Option<String>,
    /// Under what licence it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub licence: Option<String>,
    /// SHA-256 of the manifest of the version before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub previous: Option<String>,
}

impl From<Manifest> for ManifestInfo {
    fn from(manifest: Manifest) -> Self {
        let Manifest {
            issuer,
            issued,
            model,
            onnx,
            calibration,
            settings,
            hush,
            vk,
            model_id,
            version,
            schema,
            schemas,
            output_schema,
            licence,
            previous,
        } = manifest;
        Self {
            issuer,
            issued,
            model,
            onnx,
            calibration,
            settings,
            hush,
            vk,
            model_id,
            version,
            schema,
            schemas: Some(schemas).filter(|schemas| !schemas.is_empty()),
            output_schema,
            licence,
            previous,
        }
    }
}

/// What a model takes and gives, and the size of its circuit.
#[derive(Serialize, TS)]
#[ts(rename = "WasmModelInfo")]
pub struct Info<'a> {
    /// The model's name.
    pub model: &'a str,
    /// What proofs name the verifying key by, in hexadecimal.
    pub digest: String,
    /// log2 of the circuit's rows.
    pub k: u32,
    /// Rows that are used.
    pub rows: usize,
    /// Advice columns.
    pub advice_columns: usize,
    /// Of the SRS that the verifying key was made with.
    pub srs_origin: SrsOrigin,
    /// What a record holds.
    pub inputs: Vec<InputInfo<'a>>,
    /// What a proof reveals.
    pub outputs: Vec<OutputInfo<'a>>,
}

/// An input, and the calibrated range of its values: one for each element (flat, row-major) or one for all.
#[derive(Serialize, TS)]
pub struct InputInfo<'a> {
    /// Its name.
    pub name: &'a str,
    /// Sizes in ONNX order.
    pub shape: &'a [usize],
    /// Least values.
    pub min: Vec<f64>,
    /// Largest values.
    pub max: Vec<f64>,
    /// The inputs that it joins, one after the other, by whose names a record may give their values; empty where it is
    /// the graph's own.
    pub parts: Vec<PartInfo<'a>>,
    /// The values that stand for names, which a record gives as strings.
    pub categories: Vec<CategoriesInfo<'a>>,
    /// Whether proofs show a commitment to it, which an opening is given for in place of values.
    pub committed: bool,
    /// What a committed input is a record of, an object that `commit` takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "Readonly<Record<string, unknown>>")]
    pub schema: Option<&'a Schema>,
    /// What it is records of where they are several, each with a commitment of its own, in the order of `parts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "readonly Readonly<Record<string, unknown>>[]")]
    pub schemas: Option<&'a [Schema]>,
}

/// The names that one value of an input stands for.
#[derive(Serialize, TS)]
pub struct CategoriesInfo<'a> {
    /// Flat index of the value.
    pub element: usize,
    /// The names.
    pub names: &'a [String],
    /// Whether any other name is taken, too.
    pub open: bool,
}

impl<'a> CategoriesInfo<'a> {
    fn new(Categories { element, names, open }: &'a Categories) -> Self {
        Self { element: *element, names, open: *open }
    }
}

/// One of several inputs.
#[derive(Serialize, TS)]
pub struct PartInfo<'a> {
    /// Its name.
    pub name: &'a str,
    /// Sizes in ONNX order.
    pub shape: &'a [usize],
}

/// An output.
#[derive(Serialize, TS)]
pub struct OutputInfo<'a> {
    /// Its name.
    pub name: &'a str,
    /// What its values are: `value`, `decision`, `index` or `band`; `commitment` where proofs show a commitment to them.
    pub kind: &'static str,
    /// What a committed output is a record of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "Readonly<Record<string, unknown>>")]
    pub schema: Option<&'a Schema>,
}

impl<'a> Info<'a> {
    /// Of a model and its key.
    pub fn new(model: &'a Model, key: &'a ProvingKey) -> Self {
        let (input, (min, max)) = (&model.input.value_info, model.input_range());
        let output = OutputInfo {
            name: &model.output.value_info.name,
            kind: key.vk.statement.output.encoding.name(),
            schema: model.output.schema.as_ref(),
        };
        let schemas = model.input.records.as_ref().map_or(&[][..], Records::schemas);
        Self {
            model: &model.name,
            digest: hex::encode(key.vk.digest()),
            k: key.layout.k,
            rows: key.layout.rows_used(),
            advice_columns: key.vk.params.advice_columns(),
            srs_origin: key.vk.srs_origin.into(),
            inputs: vec![InputInfo {
                name: &input.name,
                shape: &input.shape,
                min,
                max,
                parts: input.parts.iter().map(|Part { name, shape }| PartInfo { name, shape }).collect(),
                categories: input.categories.iter().map(CategoriesInfo::new).collect(),
                committed: !schemas.is_empty(),
                schema: schemas.first().filter(|_| schemas.len() == 1),
                schemas: Some(schemas).filter(|schemas| schemas.len() > 1),
            }],
            outputs: vec![output],
        }
    }
}

/// A proof and what it says.
#[derive(Serialize, TS)]
#[ts(rename = "WasmProof")]
pub struct Proved<'a> {
    /// The text of `proof.json`: all that has to leave the device.
    pub proof: String,
    /// Values by the output's name, flat in row-major order; those of a committed output, too, which the proof does not show.
    pub outputs: BTreeMap<&'a str, &'a [f64]>,
    /// The names that some of these values stand for, by the index of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub names: Option<BTreeMap<usize, &'a str>>,
    /// The commitment to the input that the proof shows, where it does, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub input_commitment: Option<String>,
    /// The same of an input that is several records, in their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub input_commitments: Option<Vec<CommitmentTexts>>,
    /// The commitment to the output that the proof shows in place of its values, where it does, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub output_commitment: Option<String>,
    /// Digest of the schema that the output is a record of, where it is committed to, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub output_schema: Option<String>,
    /// JSON that opens the commitment to the output: only its owner keeps it, as the opening of a later proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub output_opening: Option<String>,
    /// The id of the model of private weights that the proof says it is about, where it does, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub model_id: Option<String>,
    /// Seconds of the two parts: `witness` runs the model, `prove` is all that follows.
    #[ts(as = "Numbers")]
    pub seconds: prove::Seconds,
    /// Seconds of the stages of `prove`.
    #[ts(as = "Numbers")]
    pub stages: prove::StageSeconds,
}

/// The names that values stand for, by the index of the value; none where none stands for one.
fn names<'a>(info: &'a ValueInfo, values: &[f64]) -> Option<BTreeMap<usize, &'a str>> {
    Some(info.names_of(values)).filter(|names| !names.is_empty())
}

/// What a struct of numbers is to JavaScript.
type Numbers = BTreeMap<&'static str, f64>;

impl<'a> Proved<'a> {
    /// Of what the owner of a verifying key is to be sent.
    pub fn new(vk: &'a VerifyingKey, proved: &'a prove::Proved) -> Self {
        let (statement, codes) = (&vk.statement, &proved.proof.codes);
        let shown = Shown::new(&statement.commitments(codes), statement.output_commitment(codes).as_ref());
        Self {
            proof: proved.proof.to_json(),
            outputs: BTreeMap::from([(vk.statement.output.value_info.name.as_str(), proved.outputs.as_slice())]),
            names: names(&vk.statement.output.value_info, &proved.outputs),
            input_commitment: shown.input.map(|input| input.commitment),
            input_commitments: shown.inputs,
            output_commitment: shown.output.as_ref().map(|output| output.commitment.clone()),
            output_schema: shown.output.map(|output| output.schema),
            output_opening: proved.opening.as_ref().map(Opening::to_json),
            model_id: proved.proof.binding.as_ref().map(|binding| hex::encode(binding.model)),
            seconds: proved.seconds,
            stages: proved.stages,
        }
    }
}

/// A commitment that a proof shows.
#[derive(Clone, Serialize, TS)]
#[ts(rename = "Commitment")]
pub struct CommitmentTexts {
    /// Digest of the schema that it is a record of, in hexadecimal.
    pub schema: String,
    /// The commitment, in hexadecimal.
    pub commitment: String,
}

impl From<&Commitment> for CommitmentTexts {
    fn from(commitment: &Commitment) -> Self {
        let (schema, commitment) = commitment.texts();
        Self { schema, commitment }
    }
}

/// The commitments of a proof: to an input that is one record, or several, and to the output.
struct Shown {
    input: Option<CommitmentTexts>,
    inputs: Option<Vec<CommitmentTexts>>,
    output: Option<CommitmentTexts>,
}

impl Shown {
    fn new(inputs: &[Commitment], output: Option<&Commitment>) -> Self {
        let all: Vec<CommitmentTexts> = inputs.iter().map(Into::into).collect();
        Self {
            input: all.first().filter(|_| all.len() == 1).cloned(),
            inputs: Some(all).filter(|all| all.len() > 1),
            output: output.map(Into::into),
        }
    }
}

/// What a proof would say.
#[derive(Serialize, TS)]
#[ts(rename = "WasmPredicted")]
pub struct Predicted<'a> {
    /// Values by the output's name, flat in row-major order.
    pub outputs: BTreeMap<&'a str, &'a [f64]>,
    /// The names that some of these values stand for, by the index of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub names: Option<BTreeMap<usize, &'a str>>,
}

impl<'a> Predicted<'a> {
    /// Of a model and the values of its outputs.
    pub fn new(model: &'a Model, outputs: &'a [f64]) -> Self {
        let info = &model.output.value_info;
        Self { outputs: BTreeMap::from([(info.name.as_str(), outputs)]), names: names(info, outputs) }
    }
}

/// Who signed the commitment to an input, and for how long that holds.
#[derive(Serialize, TS)]
pub struct Attestation {
    /// Who signed.
    pub issuer: String,
    /// When, in seconds since 1970.
    pub issued: u64,
    /// Seconds since 1970 from which on it does not hold.
    pub expires: u64,
}

impl From<Credential> for Attestation {
    fn from(Credential { issuer, issued, expires, .. }: Credential) -> Self {
        Self { issuer, issued, expires }
    }
}

/// What a valid proof says.
#[derive(Serialize, TS)]
#[ts(rename = "WasmVerified")]
pub struct Verified<'a> {
    /// Values by the output's name, flat in row-major order; none of an output that is committed to.
    pub outputs: BTreeMap<&'a str, &'a [f64]>,
    /// The names that some of these values stand for, by the index of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub names: Option<BTreeMap<usize, &'a str>>,
    /// What the proof was made for, where the input is public.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub inputs: Option<BTreeMap<&'a str, &'a [f64]>>,
    /// The commitment to the input, where it is committed to, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub input_commitment: Option<String>,
    /// Digest of the schema that the input is a record of, where it is committed to, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub schema: Option<String>,
    /// The commitments to an input that is several records, in their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub input_commitments: Option<Vec<CommitmentTexts>>,
    /// The commitment to the output, where it is committed to, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub output_commitment: Option<String>,
    /// Digest of the schema that the output is a record of, where it is committed to, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub output_schema: Option<String>,
    /// Whose signature on that commitment was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub credential: Option<Attestation>,
    /// The model's name.
    pub model: &'a str,
    /// The id of the private weights that the proof was checked to be about, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub model_id: Option<String>,
    /// What proofs name the verifying key by, in hexadecimal.
    pub vk: String,
    /// Seconds that verifying took.
    pub seconds: f64,
    /// Of the SRS that the verifying key was made with.
    pub srs_origin: SrsOrigin,
}

impl<'a> Verified<'a> {
    /// Of what was verified in so many seconds, by whoever checked this credential.
    pub fn new(
        vk: &'a VerifyingKey,
        verified: &'a prove::Verified,
        credential: Option<Credential>,
        seconds: f64,
    ) -> Self {
        let shown = Shown::new(&verified.commitments, verified.output_commitment.as_ref());
        let (schema, input_commitment) = shown.input.map(|input| (input.schema, input.commitment)).unzip();
        let (output_schema, output_commitment) = shown.output.map(|output| (output.schema, output.commitment)).unzip();
        Self {
            outputs: Some((vk.statement.output.value_info.name.as_str(), verified.outputs.as_slice()))
                .filter(|_| verified.output_commitment.is_none())
                .into_iter()
                .collect(),
            names: names(&vk.statement.output.value_info, &verified.outputs),
            inputs: (vk.statement.input.as_ref())
                .map(|input| BTreeMap::from([(input.value_info.name.as_str(), verified.inputs.as_slice())])),
            input_commitment,
            schema,
            input_commitments: shown.inputs,
            output_commitment,
            output_schema,
            credential: credential.map(Into::into),
            model: &vk.model,
            model_id: verified.model.map(hex::encode),
            vk: hex::encode(vk.digest()),
            seconds,
            srs_origin: vk.srs_origin.into(),
        }
    }
}

/// A verifying key, and the SRS if it was made with it.
#[derive(Serialize, TS)]
#[ts(rename = "WasmKeys")]
pub struct Keys {
    /// The `.vk` file.
    #[serde(with = "serde_bytes")]
    #[ts(type = "Uint8Array<ArrayBuffer>")]
    pub vk: Vec<u8>,
    /// The `.srs` file, only where it was made here.
    #[serde(with = "serde_bytes", skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "Uint8Array<ArrayBuffer>")]
    pub srs: Option<Vec<u8>>,
    /// Where the SRS comes from.
    pub srs_origin: SrsOrigin,
}
