//! One error type for the whole crate, grouped by who must act on it.

use std::{fmt, path::PathBuf};

/// Result with the crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong, with what was expected and what came.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    // The model's author must act.
    /// The bytes are not an ONNX model this build can parse.
    #[error("not an ONNX model: {reason}")]
    NotOnnx {
        /// What the parser said.
        reason: String,
    },
    /// The model keeps a tensor in another file, and there are no other files.
    #[error(
        "tensor `{tensor}` is stored outside the ONNX file; save the model with its weights inside (onnx.save_model with save_as_external_data=False)"
    )]
    ExternalData {
        /// The tensor's name.
        tensor: String,
    },
    /// The model keeps a tensor in another file, which cannot be had.
    #[error("tensor `{tensor}` is stored outside the ONNX file: {reason}")]
    ExternalFile {
        /// The tensor's name.
        tensor: String,
        /// What is in the way.
        reason: String,
    },
    /// Operators (or attributes of operators) without a lowering; all of them at once.
    #[error("unsupported operators: {}", list(.0))]
    Unsupported(Vec<UnsupportedOp>),
    /// The same, where all that these operators read can be compiled.
    #[error("unsupported operators: {}; up to {} the graph compiles: --outputs {}", list(.operators), quoted(.outputs), .outputs.join(","))]
    UnsupportedAfter {
        /// All of them.
        operators: Vec<UnsupportedOp>,
        /// The tensors that can be compiled as outputs.
        outputs: Vec<String>,
    },
    /// An input has a free dimension and no size was given for it.
    #[error(
        "input `{input}` has shape {shape} with a free dimension; give a size for each but a leading batch axis: --dim NAME=SIZE (`dims` in JavaScript), where NAME of one without a name is `INPUT.AXIS`, as in {input}.1"
    )]
    DynamicShape {
        /// The input's name.
        input: String,
        /// Its shape as declared.
        shape: String,
    },
    /// Operand shapes do not fit the operator.
    #[error("{node} ({op}): got shape {got}, expected {expected}")]
    Shape {
        /// Name of the ONNX node.
        node: String,
        /// Its operator.
        op: String,
        /// What the operator takes.
        expected: String,
        /// What the model has.
        got: String,
    },
    /// The graph is well formed but not of a form that can be compiled.
    #[error("{node}: {reason}")]
    Graph {
        /// Name of the ONNX node.
        node: String,
        /// What is in the way, and what would be accepted.
        reason: String,
    },
    /// Calibration data is missing, empty or unusable.
    #[error("calibration: {reason}")]
    Calibration {
        /// What is wrong, where, and what to do.
        reason: String,
    },
    /// An integer of the compiled model would need more bits than the circuit has for it.
    #[error("{node} ({op}): values need {got_bits} bits, the circuit has {max_bits}")]
    Range {
        /// Name of the ONNX node.
        node: String,
        /// Its operator.
        op: String,
        /// Bits needed.
        got_bits: u32,
        /// Bits available.
        max_bits: u32,
    },
    /// No layout has the bits that a node's values need; they were calibrated on rows.
    #[error(
        "{node} ({op}): its values, {min} to {max} on the calibration rows, need {got_bits} bits where the circuit has {max_bits}; {remedy}"
    )]
    Scale {
        /// Name of the ONNX node.
        node: String,
        /// Its operator.
        op: String,
        /// Least value seen.
        min: f64,
        /// Largest value seen.
        max: f64,
        /// Bits needed.
        got_bits: u32,
        /// Bits available.
        max_bits: u32,
        /// What to do.
        remedy: String,
    },
    /// No layout meets the target of accuracy.
    #[error(
        "no bit width gives {wanted}; the best has {got}. Most is lost at {node}, whose values are {min} to {max}; {remedy}"
    )]
    Accuracy {
        /// The target.
        wanted: String,
        /// What was reached.
        got: String,
        /// Name of the ONNX node that adds most of the error.
        node: String,
        /// Least value seen there.
        min: f64,
        /// Largest value seen there.
        max: f64,
        /// What to do.
        remedy: String,
        /// The figures of the best layout.
        figures: Box<Figures>,
    },
    /// No layout within the limits holds the model.
    #[error("the model needs k = {needed}, the largest circuit has k = {available}")]
    ModelTooLarge {
        /// log2 rows needed.
        needed: u32,
        /// log2 rows at most.
        available: u32,
    },

    // The caller must act.
    /// An option's value is unusable.
    #[error("{option}: {reason}")]
    Option {
        /// The option as the user writes it.
        option: &'static str,
        /// What was expected and what came.
        reason: String,
    },
    /// The input file names other tensors than the model.
    #[error("input `{got}` is not an input of the model (expected {expected})")]
    InputName {
        /// The model's inputs.
        expected: String,
        /// The name given.
        got: String,
    },
    /// An input has the wrong shape or number of values.
    #[error("input `{input}` has shape {got}, expected {expected}")]
    InputShape {
        /// The input's name.
        input: String,
        /// Shape of the model's input.
        expected: String,
        /// Shape given.
        got: String,
    },
    /// An input value is not a finite number.
    #[error("input `{input}`[{index}] is {got}, expected a finite number")]
    InputValue {
        /// The input's name.
        input: String,
        /// Flat index of the value.
        index: usize,
        /// What stands there.
        got: String,
    },
    /// An input value is outside the range the model was calibrated for.
    #[error("input `{input}`[{index}] is outside the calibrated range [{min}, {max}]")]
    InputRange {
        /// The input's name.
        input: String,
        /// Flat index of the value; the value itself is private and stays out of messages.
        index: usize,
        /// Smallest value accepted.
        min: f64,
        /// Largest value accepted.
        max: f64,
    },
    /// A field of a record is missing, is not in the schema, or has a value that it does not allow.
    #[error("record: `{field}`: {reason}")]
    Record {
        /// The field's name, or the record's and the flat index of the value.
        field: String,
        /// What was expected; the value itself is private and stays out of messages.
        reason: String,
    },
    /// An inner value left the range the model was calibrated for.
    #[error("{node}: value {index} is outside the calibrated range; calibrate with data like this input")]
    ActivationRange {
        /// Name of the ONNX node.
        node: String,
        /// Flat index of the value.
        index: usize,
    },
    /// The structured reference string is shorter than the circuit.
    #[error("circuit needs k = {needed}, the SRS has k = {available}")]
    SrsTooSmall {
        /// log2 rows needed.
        needed: u32,
        /// log2 rows the SRS serves.
        available: u32,
    },
    /// The structured reference string is not the one the verifying key was made with.
    #[error("the verifying key was made with SRS {expected}, this one is {got}")]
    SrsMismatch {
        /// Fingerprint in the verifying key.
        expected: String,
        /// Fingerprint of the SRS given.
        got: String,
    },
    /// The powers in an SRS are not consecutive powers of one secret.
    #[error("SRS check failed: {reason}")]
    SrsInvalid {
        /// Which check failed.
        reason: &'static str,
    },
    /// A circuit does not mean its model: a fault of this library.
    #[error("the circuit is not the model's ({reason}): please report this; no key was made")]
    Layout {
        /// What is wrong.
        reason: String,
    },
    /// A file has the wrong format, is truncated or was altered.
    #[error("{kind} file: {reason}")]
    Artifact {
        /// Which kind of file was expected.
        kind: ArtifactKind,
        /// What is wrong with it.
        reason: String,
    },
    /// A file was written by another version.
    #[error("{kind} file: format {got}, this build reads {expected}; {}", kind.remake(got > expected))]
    Version {
        /// Which kind of file.
        kind: ArtifactKind,
        /// Format this build reads.
        expected: u32,
        /// Format of the file.
        got: u32,
    },
    /// A proof or model belongs to another verifying key.
    #[error("{kind} of verifying key {got}, expected {expected}")]
    KeyMismatch {
        /// Which kind of file.
        kind: ArtifactKind,
        /// Digest of the key in use.
        expected: String,
        /// Digest named by the file.
        got: String,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },

    // The prover lied, or bytes were damaged.
    /// The proof does not prove the statement.
    #[error("proof rejected: {0}")]
    Rejected(Rejection),

    /// What an issuer or a publisher signed does not hold.
    #[error("{kind} rejected: {fault}")]
    Untrusted {
        /// What was signed.
        kind: ArtifactKind,
        /// Why it does not hold.
        fault: TrustFault,
    },

    // The machine or the browser must act.
    /// Worker threads cannot be had.
    #[error("threads unavailable: {reason}")]
    Threads {
        /// Why.
        reason: String,
    },
    /// Memory ran out.
    #[error("out of memory: {needed_bytes} bytes needed, {available_bytes} available")]
    OutOfMemory {
        /// Bytes the work needs.
        needed_bytes: u64,
        /// Bytes that can be had.
        available_bytes: u64,
    },
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The proof system refused; an input this crate should have caught earlier.
    #[error("proof system: {0}")]
    Plonk(#[from] halo2_proofs::plonk::Error),
    /// The prover refused; an input this crate should have caught earlier.
    #[error("prover: {0}")]
    Prover(#[from] hushproof_halo2_prover::ProveError),
}

impl Error {
    /// Whether a model refuses the input, and would take another one.
    pub const fn refuses_input(&self) -> bool {
        matches!(self, Self::InputRange { .. } | Self::ActivationRange { .. } | Self::Record { .. })
    }

    /// Stable identifier of the variant, part of the public API.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOnnx { .. } => "not-onnx",
            Self::ExternalData { .. } | Self::ExternalFile { .. } => "external-data",
            Self::Unsupported(_) | Self::UnsupportedAfter { .. } => "unsupported-operators",
            Self::DynamicShape { .. } => "dynamic-shape",
            Self::Shape { .. } => "shape",
            Self::Graph { .. } => "graph",
            Self::Calibration { .. } => "calibration",
            Self::Range { .. } => "range",
            Self::Scale { .. } => "scale",
            Self::Accuracy { .. } => "accuracy",
            Self::ModelTooLarge { .. } => "model-too-large",
            Self::Option { .. } => "option",
            Self::InputName { .. } => "input-name",
            Self::InputShape { .. } => "input-shape",
            Self::InputValue { .. } => "input-value",
            Self::InputRange { .. } => "input-range",
            Self::Record { .. } => "record",
            Self::ActivationRange { .. } => "activation-range",
            Self::SrsTooSmall { .. } => "srs-too-small",
            Self::SrsMismatch { .. } => "srs-mismatch",
            Self::SrsInvalid { .. } => "srs-invalid",
            Self::Layout { .. } => "layout",
            Self::Artifact { .. } => "artifact",
            Self::Version { .. } => "version",
            Self::KeyMismatch { .. } => "key-mismatch",
            Self::Io { .. } => "io",
            Self::Rejected(Rejection::Expired { .. }) => "expired",
            Self::Rejected(Rejection::Unbound | Rejection::OtherModel | Rejection::Binding) => "model-binding",
            Self::Rejected(_) => "rejected",
            Self::Untrusted { kind: ArtifactKind::Manifest, .. } => "manifest",
            Self::Untrusted { .. } => "credential",
            Self::Threads { .. } => "threads",
            Self::OutOfMemory { .. } => "out-of-memory",
            Self::Cancelled => "cancelled",
            Self::Plonk(_) | Self::Prover(_) => "proof-system",
        }
    }

    /// An [`Error::Artifact`] in one call.
    pub fn artifact(kind: ArtifactKind, reason: impl Into<String>) -> Self {
        Self::Artifact { kind, reason: reason.into() }
    }
}

/// How a model compares with its float network.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Figures {
    /// Rows compared.
    pub rows: usize,
    /// Rows that the model refuses.
    pub out_of_range: usize,
    /// Each output.
    pub outputs: Vec<OutputError>,
}

/// How far an output is from the float network's.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct OutputError {
    /// Its name.
    pub name: String,
    /// Largest |model − float|; none for whole numbers, and where all rows were refused.
    pub max_abs_error: Option<f64>,
    /// Largest error of a value as a share of its range.
    pub range_share: Option<f64>,
    /// Share of classes or whole numbers that are right; none where there are none.
    pub agreement: Option<f64>,
    /// Whether it meets the target.
    pub met: bool,
}

/// One operator or attribute that has no lowering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedOp {
    /// Name of the ONNX node.
    pub node: String,
    /// Its operator, with the domain when it is not the default one.
    pub op: String,
    /// What exactly is unsupported; empty when it is the operator itself.
    pub reason: String,
}

impl fmt::Display for UnsupportedOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.node, self.op)?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, ": {}", self.reason) }
    }
}

/// The files this crate reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArtifactKind {
    /// A compiled model (`.hush`).
    Model,
    /// A verifying key (`.vk`).
    VerifyingKey,
    /// A structured reference string (`.srs`, halo2 raw parameters or snarkjs `.ptau`).
    Srs,
    /// A proof (`proof.json`).
    Proof,
    /// What a relying party asks for (`request.json`).
    Request,
    /// What a record holds (`schema.json`).
    Schema,
    /// A commitment, or what opens it.
    Commitment,
    /// Commitments to the private weights of a model (`model.id.json`), or what opens them.
    ModelCommitment,
    /// An issuer's signature on a commitment (`credential.jws`).
    Credential,
    /// What a publisher signs of a model (`manifest.jws`).
    Manifest,
    /// Keys of issuers (JSON Web Keys).
    IssuerKeys,
    /// Input values (`input.json`) or a data set (JSON or `.npz`).
    Data,
}

impl ArtifactKind {
    /// What to do about a file of another format.
    const fn remake(&self, newer: bool) -> &'static str {
        match self {
            _ if newer => "a newer build wrote it",
            Self::Model => "compile the ONNX model anew (`hushproof compile`)",
            Self::VerifyingKey => "make the key anew from the compiled model (`hushproof keys`)",
            Self::Srs => "import the ceremony anew (`hushproof srs import`)",
            Self::Proof => "prove anew (`hushproof prove`)",
            Self::Request => "ask anew (`hushproof request new`)",
            Self::Schema => "write it anew (`hushproof schema new`)",
            Self::Commitment => "commit anew (`hushproof commit`)",
            Self::ModelCommitment => "commit to the model anew (`hushproof model commit`)",
            Self::Credential => "sign it anew (`hushproof attest sign`)",
            Self::Manifest => "sign it anew (`hushproof manifest sign`)",
            Self::IssuerKeys => "make it anew (`hushproof attest key`)",
            Self::Data => "write it anew",
        }
    }
}

impl fmt::Display for ArtifactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Model => "model",
            Self::VerifyingKey => "verifying key",
            Self::Srs => "SRS",
            Self::Proof => "proof",
            Self::Request => "request",
            Self::Schema => "schema",
            Self::Commitment => "commitment",
            Self::ModelCommitment => "model commitment",
            Self::Credential => "credential",
            Self::Manifest => "manifest",
            Self::IssuerKeys => "key",
            Self::Data => "data",
        })
    }
}

/// Why a proof was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The proof has the wrong number of bytes.
    #[error("it has {got} bytes, expected {expected}")]
    ProofLength {
        /// Bytes a proof for this key has.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// The public instance has the wrong number of values.
    #[error("it has {got} public values, expected {expected}")]
    InstanceLength {
        /// Values the statement has.
        expected: usize,
        /// Values that came.
        got: usize,
    },
    /// The proof was made for another context.
    #[error("it was made for another context")]
    Context,
    /// The request that it answers has expired; both in seconds since 1970.
    #[error("the request expired at {expires}, it is {now} (seconds since 1970)")]
    Expired {
        /// From when on nothing answers the request.
        expires: u64,
        /// When it was checked.
        now: u64,
    },
    /// The request asks for an input whose commitment an issuer signed, or of a schema.
    #[error("the request asks for an input with a commitment, which it does not have")]
    Uncommitted,
    /// The request asks for a record of another schema.
    #[error("the request asks for a record of another schema")]
    Schema,
    /// The request asks for an issuer's signature, which was not checked, or another's was.
    #[error("the request asks for a credential of an issuer, and none of theirs was checked")]
    Issuer,
    /// A public output does not belong to the public instance.
    #[error("a public output has no valid encoding")]
    Output,
    /// A commitment to the input is missing, or there is none to be.
    #[error("it has a commitment to the input where there should be none, or none where there should be one")]
    Commitment,
    /// A record is committed to as another commitment than the one that is wanted.
    #[error("it shows another commitment to the {0} than the one that was asked for")]
    OtherCommitment(&'static str),
    /// A public input does not belong to the public instance.
    #[error("a public input has no valid encoding")]
    Input,
    /// It does not say which model of private weights it is about.
    #[error("it is bound to no model: any weights of this architecture may have given its outputs")]
    Unbound,
    /// It says that it is about another model.
    #[error("it is bound to another model")]
    OtherModel,
    /// It is about other weights than it says, or the proof of that was damaged.
    #[error("its binding to the model does not hold")]
    Binding,
    /// A point of the proof is written in another form than its own.
    #[error("a point of the proof is not in its one form")]
    Encoding,
    /// The verifier's equations do not hold.
    #[error("the verifier's equations do not hold")]
    Equations,
}

/// Why a signed statement does not hold; times are in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustFault {
    /// No key has the id that it names, for its algorithm.
    #[error("none of the keys made it")]
    UnknownKey,
    /// The signature is not by the key that it names.
    #[error("its signature is not by the key that it names")]
    Signature,
    /// It no longer holds.
    #[error("it expired at {expires}, it is {now} (seconds since 1970)")]
    Expired {
        /// From when on it does not hold.
        expires: u64,
        /// When it was checked.
        now: u64,
    },
    /// It was signed later than now.
    #[error("it was signed at {issued}, it is {now} (seconds since 1970)")]
    NotYet {
        /// When it was signed.
        issued: u64,
        /// When it was checked.
        now: u64,
    },
    /// It is by another issuer than the request asks for.
    #[error("it is by another issuer than was asked for")]
    Issuer,
    /// Its record has another schema than the request asks for.
    #[error("its record has another schema than was asked for")]
    Schema,
    /// There is none.
    #[error("none was given")]
    Missing,
    /// It is for another commitment.
    #[error("it is for another commitment")]
    Commitment,
    /// It names another verifying key.
    #[error("it names another verifying key")]
    Key,
    /// It names another model of private weights, or none.
    #[error("it names another model of private weights, or none")]
    Model,
    /// It names another file.
    #[error("it names another {0}")]
    File(&'static str),
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn list(ops: &[UnsupportedOp]) -> String {
    ops.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
