/**
 * The data that the wasm modules take and give, made from the Rust types: `boundary.rs` in `crates/web-prover` and
 * `crates/web-compiler`. `HUSHPROOF_WRITE_DOCS=1 cargo test -p hushproof-web` rewrites this file.
 */

/**
 * How field elements are multiplied: two at a time by fused multiply-add of doubles, or one at a time on limbs of 30
 * bits.
 */
export type Arithmetic = "fma51" | "limbs30";

/**
 * Where the structured reference string comes from; a development one was made by whoever published the model, and one
 * of unknown origin may have been.
 */
export type SrsOrigin = "development" | "ceremony" | "unknown";

/** The hash that turns what a prover has sent into challenges; EVM chains compute keccak cheaply. */
export type Transcript = "blake2b" | "keccak";

/** A relying party's request, and when it is looked at. */
export interface RequestAt {
  /** JSON. */
  request: string;
  /** Seconds since 1970. */
  now: number;
}

/** An issuer's signature on the commitment that a proof shows, and when it has to hold. */
export interface CredentialAt {
  /** A JSON Web Signature. */
  credential: string;
  /** Seconds since 1970. */
  now: number;
}

/** What an issuer's signature says that was checked, and when it has to hold. */
export interface AttestedAt {
  /** JSON. */
  payload: string;
  /** Seconds since 1970. */
  now: number;
}

/** Commitments that a proof must show, each the JSON of one. */
export interface ShownCommitments {
  /** Those to the records of the input, in their order. */
  inputs?: Array<string>;
  /** That to the output. */
  output?: string;
}

/** A commitment that a proof shows. */
export interface Commitment {
  /** Digest of the schema that it is a record of, in hexadecimal. */
  schema: string;
  /** The commitment, in hexadecimal. */
  commitment: string;
}

/** What a new request says. */
export interface RequestChoices {
  /** Who asks: a domain, or another name that the person knows. */
  audience: string;
  /** What for, in words that the person is shown. */
  purpose: string;
  /** Seconds for which it holds. */
  ttl: number;
  /** Random bytes in hexadecimal; 32 of the browser's without it. */
  nonce?: string;
  /** Who must have signed the commitment to the input. */
  issuer?: string;
  /** Digest of the schema that the commitment must be of. */
  schema?: string;
  /** Where the answer is to be sent: an address of HTTPS, or of HTTP on this machine. */
  response_uri?: string;
}

/** What a request says. */
export interface WasmRequest {
  /** Its canonical JSON (RFC 8785). */
  request: string;
  /** SHA-256 of that in hexadecimal: the context of a proof that answers it. */
  context: string;
  /** Who asks. */
  audience: string;
  /** What for. */
  purpose: string;
  /** Digest of the verifying key that the proof must be made for, in hexadecimal. */
  vk: string;
  /** Seconds since 1970 from which on no proof answers it. */
  expires: number;
  /** Random bytes that tell requests apart, in hexadecimal. */
  nonce: string;
  /** Who must have signed the commitment to the input. */
  issuer?: string;
  /** Digest of the schema that the commitment must be of. */
  schema?: string;
  /** Where the answer is to be sent. */
  response_uri?: string;
}

/** What a schema allows. */
export interface WasmSchema {
  /** What a person calls such a record. */
  name: string;
  /** SHA-256 of its canonical JSON, in hexadecimal. */
  digest: string;
  /** Values of a record. */
  elements: number;
  /** Bits that hold the integer of any of them. */
  bits: number;
}

/** A commitment to a record, and what opens it. */
export interface Committed {
  /** JSON with the record and a salt, which only the record's owner keeps. */
  opening: string;
  /** JSON with the schema's digest and the commitment, which says nothing of the record. */
  commitment: string;
}

/** What a signature is of. */
export type SignedKind = "credential" | "manifest";

/** A signature, and the key that it says to be by; nothing of it is checked yet. */
export interface SignedStatement {
  /** `ES256` or `EdDSA`. */
  alg: string;
  /** The key as JSON Web Key; none where no key of the set has its id, for this algorithm. */
  jwk?: string;
  /** What is signed, ASCII. */
  signed: string;
  /** The signature. */
  signature: Uint8Array<ArrayBuffer>;
  /** What is said, JSON. */
  payload: string;
}

/** What an issuer says. */
export interface WasmCredential {
  /** Who signed. */
  issuer: string;
  /** When, in seconds since 1970. */
  issued: number;
  /** Seconds since 1970 from which on it does not hold. */
  expires: number;
  /** Digest of the record's schema, in hexadecimal. */
  schema: string;
  /** The commitment to the record, in hexadecimal. */
  commitment: string;
}

/** What a publisher says of a model. */
export interface WasmManifest {
  /** Who signed. */
  issuer: string;
  /** When, in seconds since 1970. */
  issued: number;
  /** The model's name. */
  model: string;
  /** SHA-256 of the ONNX file, in hexadecimal. */
  onnx: string;
  /** SHA-256 of the rows that it was compiled on. */
  calibration?: string;
  /** Arguments of `hushproof compile` beside these files. */
  settings: Array<string>;
  /** Digest of the `.hush` file, Blake2b-256 in hexadecimal. */
  hush: string;
  /** Digest of the `.vk` file, as proofs name it. */
  vk: string;
  /** The id of its private weights, as proofs name it. */
  model_id?: string;
  /** The version of Hushproof that compiled it. */
  version: string;
  /** Digest of the schema of its records. */
  schema?: string;
  /** Digests of the schemas of several committed inputs, in their order. */
  schemas?: Array<string>;
  /** Digest of the schema of a committed output. */
  output_schema?: string;
  /** Under what licence it is given. */
  licence?: string;
  /** SHA-256 of the manifest of the version before. */
  previous?: string;
}

/** What a model takes and gives, and the size of its circuit. */
export interface WasmModelInfo {
  /** The model's name. */
  model: string;
  /** What proofs name the verifying key by, in hexadecimal. */
  digest: string;
  /** log2 of the circuit's rows. */
  k: number;
  /** Rows that are used. */
  rows: number;
  /** Advice columns. */
  advice_columns: number;
  /** Of the SRS that the verifying key was made with. */
  srs_origin: SrsOrigin;
  /** What a record holds. */
  inputs: Array<InputInfo>;
  /** What a proof reveals. */
  outputs: Array<OutputInfo>;
}

/** An input, and the calibrated range of its values: one for each element (flat, row-major) or one for all. */
export interface InputInfo {
  /** Its name. */
  name: string;
  /** Sizes in ONNX order. */
  shape: Array<number>;
  /** Least values. */
  min: Array<number>;
  /** Largest values. */
  max: Array<number>;
  /**
   * The inputs that it joins, one after the other, by whose names a record may give their values; empty where it is
   * the graph's own.
   */
  parts: Array<PartInfo>;
  /** The values that stand for names, which a record gives as strings. */
  categories: Array<CategoriesInfo>;
  /** Whether proofs show a commitment to it, which an opening is given for in place of values. */
  committed: boolean;
  /** What a committed input is a record of, an object that `commit` takes. */
  schema?: Readonly<Record<string, unknown>>;
  /** What it is records of where they are several, each with a commitment of its own, in the order of `parts`. */
  schemas?: readonly Readonly<Record<string, unknown>>[];
}

/** One of several inputs. */
export interface PartInfo {
  /** Its name. */
  name: string;
  /** Sizes in ONNX order. */
  shape: Array<number>;
}

/** The names that one value of an input stands for. */
export interface CategoriesInfo {
  /** Flat index of the value. */
  element: number;
  /** The names. */
  names: Array<string>;
  /** Whether any other name is taken, too. */
  open: boolean;
}

/** An output. */
export interface OutputInfo {
  /** Its name. */
  name: string;
  /** What its values are: `value`, `decision`, `index` or `band`; `commitment` where proofs show a commitment to them. */
  kind: string;
  /** What a committed output is a record of. */
  schema?: Readonly<Record<string, unknown>>;
}

/** A proof and what it says. */
export interface WasmProof {
  /** The text of `proof.json`: all that has to leave the device. */
  proof: string;
  /** Values by the output's name, flat in row-major order; those of a committed output, too, which the proof does not show. */
  outputs: { [key in string]: Array<number> };
  /** The names that some of these values stand for, by the index of the value. */
  names?: { [key in number]: string };
  /** The commitment to the input that the proof shows, where it does, in hexadecimal. */
  input_commitment?: string;
  /** The same of an input that is several records, in their order. */
  input_commitments?: Array<Commitment>;
  /** The commitment to the output that the proof shows in place of its values, where it does, in hexadecimal. */
  output_commitment?: string;
  /** Digest of the schema that the output is a record of, where it is committed to, in hexadecimal. */
  output_schema?: string;
  /** JSON that opens the commitment to the output: only its owner keeps it, as the opening of a later proof. */
  output_opening?: string;
  /** The id of the model of private weights that the proof says it is about, where it does, in hexadecimal. */
  model_id?: string;
  /** Seconds of the two parts: `witness` runs the model, `prove` is all that follows. */
  seconds: { [key in string]: number };
  /** Seconds of the stages of `prove`. */
  stages: { [key in string]: number };
}

/** What a proof would say. */
export interface WasmPredicted {
  /** Values by the output's name, flat in row-major order. */
  outputs: { [key in string]: Array<number> };
  /** The names that some of these values stand for, by the index of the value. */
  names?: { [key in number]: string };
}

/** Who signed the commitment to an input, and for how long that holds. */
export interface Attestation {
  /** Who signed. */
  issuer: string;
  /** When, in seconds since 1970. */
  issued: number;
  /** Seconds since 1970 from which on it does not hold. */
  expires: number;
}

/** What a valid proof says. */
export interface WasmVerified {
  /** Values by the output's name, flat in row-major order; none of an output that is committed to. */
  outputs: { [key in string]: Array<number> };
  /** The names that some of these values stand for, by the index of the value. */
  names?: { [key in number]: string };
  /** What the proof was made for, where the input is public. */
  inputs?: { [key in string]: Array<number> };
  /** The commitment to the input, where it is committed to, in hexadecimal. */
  input_commitment?: string;
  /** Digest of the schema that the input is a record of, where it is committed to, in hexadecimal. */
  schema?: string;
  /** The commitments to an input that is several records, in their order. */
  input_commitments?: Array<Commitment>;
  /** The commitment to the output, where it is committed to, in hexadecimal. */
  output_commitment?: string;
  /** Digest of the schema that the output is a record of, where it is committed to, in hexadecimal. */
  output_schema?: string;
  /** Whose signature on that commitment was checked. */
  credential?: Attestation;
  /** The model's name. */
  model: string;
  /** The id of the private weights that the proof was checked to be about, in hexadecimal. */
  model_id?: string;
  /** What proofs name the verifying key by, in hexadecimal. */
  vk: string;
  /** Seconds that verifying took. */
  seconds: number;
  /** Of the SRS that the verifying key was made with. */
  srs_origin: SrsOrigin;
}

/** A verifying key, and the SRS if it was made with it. */
export interface WasmKeys {
  /** The `.vk` file. */
  vk: Uint8Array<ArrayBuffer>;
  /** The `.srs` file, only where it was made here. */
  srs?: Uint8Array<ArrayBuffer>;
  /** Where the SRS comes from. */
  srs_origin: SrsOrigin;
}

/** A tensor's name and shape. */
export interface Port {
  /** Its name. */
  name: string;
  /** Sizes in ONNX order. */
  shape: readonly number[];
}

/** What an ONNX model takes, gives and is made of. */
export interface OnnxInfo {
  /** The graph's name. */
  name: string;
  /** Several inputs are parts of one vector, whose name joins theirs with `+`. */
  input: Port;
  /** The inputs by their own names, by which their values can be given, too. */
  inputs: Array<Port>;
  /** Several outputs are joined likewise. */
  output: Port;
  /** How many nodes of each operator are left once constants are folded. */
  operators: Readonly<Record<string, number>>;
  /** Constants that these nodes read. */
  parameters: number;
  /** What somebody who compiles the model is to know of it. */
  notes: Array<string>;
}

/** A compiled model. */
export interface WasmCompiled {
  /** The `.hush` file. */
  hush: Uint8Array<ArrayBuffer>;
  /** What a publisher wants to know of it. */
  report: CompileReport;
  /** The report as a page. */
  html: string;
}

/** What the compiler reports, in the names of `hushproof compile --json`. */
export interface CompileReport {
  /** The model's name. */
  model: string;
  /** Of the `.hush` file. */
  bytes: number;
  /** log2 of the circuit's rows. */
  k: number;
  /** Rows that are used. */
  rows: number;
  /** Advice columns. */
  advice_columns: number;
  /** Who sees the weights. */
  weights: Visibility;
  /** Least bits of an activation's code. */
  value_bits: number;
  /** Rows that ranges were taken from. */
  calibration_rows: number;
  /** The integers against the floats, on the calibration rows. */
  accuracy: Accuracy;
  /** Whether they meet the target; if not, `acceptError` was given. */
  met: boolean;
  /** What is to be said of values that the target does not ask for. */
  warnings: Array<string>;
  /** Of one proof on two threads. */
  predicted: PredictedCost;
}

/** How close the integer model is to the float network on some rows. */
export interface Accuracy {
  /** Rows that were evaluated. */
  rows: number;
  /** Rows refused because a value leaves the calibrated range. */
  out_of_range: number;
  /** The first of these refusals, with its row. */
  first_refusal: string | null;
  /** Rows with the same class; null where no output is a class. */
  agreeing: number | null;
  /** `agreeing / rows`. */
  top1_agreement: number | null;
  /** Largest error of a value; null for decisions, and where all rows were refused. */
  max_abs_error: number | null;
  /** Mean error of the values. */
  mean_abs_error: number | null;
  /** Each output for itself. */
  outputs: Array<OutputAccuracy>;
}

/** How close one output is. */
export interface OutputAccuracy {
  /** Its name. */
  name: string;
  /** What its values are: `values`, `probabilities`, `scores`, `logits` or `integers`. */
  meaning: string;
  /** Largest error of a value; null for integers, and where all rows were refused. */
  max_abs_error: number | null;
  /** Mean error of the values. */
  mean_abs_error: number | null;
  /** Largest error of a value as a share of that value's range. */
  range_share: number | null;
  /** Share of its classes, or integers, that are the float network's; null where it is no class. */
  agreement: number | null;
  /** Whether it meets the target. */
  met: boolean;
}

/** What one proof on two threads is predicted to take. */
export interface PredictedCost {
  /** Of the native program. */
  native_seconds: number;
  /** In a browser. */
  browser_seconds: number;
  /** Peak memory of the native program. */
  memory_bytes: number;
}

/** How an ONNX model is read, all optional. */
export interface WasmReadOptions {
  /** Which outputs, of the model or of any of its nodes; by default all of the model. */
  outputs?: readonly string[];
  /** Sizes of free dimensions of the inputs by their names, of one without a name by `INPUT.AXIS`. */
  dims?: Readonly<Record<string, number>>;
}

/** A publisher's choices, all optional; the defaults are those of `hushproof compile`. */
export interface WasmCompileOptions {
  /** Bits of an activation, 4 to 32; by default the fewest that meet the target. */
  bits?: number;
  /** What must be right on the rows; code `accuracy` where no width reaches it. */
  target?: Target;
  /** Largest absolute error of an output, instead of that. */
  maxError?: number;
  /** `true` gives the best model also where it misses the target or refuses rows; `report.met` tells. */
  acceptError?: boolean;
  /** Factor on the calibrated ranges of inner values; values beyond are refused. */
  margin?: number;
  /** Factor on the calibrated ranges of input values. */
  inputMargin?: number;
  /** Range of input values, instead of what the rows show. */
  inputRange?: readonly [number, number];
  /** What is revealed of the output. */
  output?: Output;
  /** Who sees the input; of a record of a schema a commitment by default. */
  input?: Visibility;
  /** What a committed input is records of, each as JSON: one for all of it, or one for each input that it joins. */
  schemas?: Array<string>;
  /** Who sees the weights. Private ones are in the `.hush` file, which must then stay secret. */
  weights?: Visibility;
  /** Whether the layout is chosen for proving time or for few columns. */
  prefer?: Preference;
}

/** What must be right: what each output is, the class in 99.5 % of the rows, or values within 1 % of each value's range. */
export type Target = "auto" | "class" | "values";

/**
 * All of the output, the index of its largest value, whether it is at least `threshold`, how many of `bands`, which
 * ascend, it reaches, or a commitment to it, a record of a schema.
 */
export type Output = "public" | "argmax" | { "threshold": number } | { "bands": Array<number> } | { "committed": string };

/** Who sees it: who proves, or who verifies, too, or a commitment to it. */
export type Visibility = "private" | "public" | "committed";

/** What the layout is chosen for. */
export type Preference = "speed" | "columns";
