/** Messages between the page and the worker: plain data only, because structured clone drops what classes add. */
import type { Arithmetic, AttestedAt, Committed, CredentialAt, OnnxInfo, RequestAt, RequestChoices, ShownCommitments, SignedKind, SignedStatement, Transcript, WasmCompiled, WasmCompileOptions, WasmCredential, WasmKeys, WasmManifest, WasmModelInfo, WasmPredicted, WasmProof, WasmReadOptions, WasmRequest, WasmSchema, WasmVerified } from "./boundary.js";
import type { Failure } from "./failure.js";
import type { Inputs } from "./wasm.js";

/** The three files a prover needs. */
export interface ModelFiles {
  model: Uint8Array<ArrayBuffer>;
  vk: Uint8Array<ArrayBuffer>;
  srs: Uint8Array<ArrayBuffer>;
}

/** What a proof is for: the bytes of a context, or a request and the time. */
export type Asked = Uint8Array | RequestAt;

/** What a proof is about: tensors, or the opening of a commitment with the credential that goes with it. */
export type ProofInput = { inputs: Inputs; opening?: never } | { inputs?: never; opening: readonly string[]; credential?: CredentialAt | undefined };

/** What can be asked of the worker, and what it answers. */
export interface Operations {
  /**
   * Loads a wasm module from the folder `base`: the compiler, or else the prover for so many threads, one with relaxed
   * SIMD only if allowed; `maxMemoryBytes` bounds the memory that threads share.
   */
  start: {
    request: { base: string; compiler?: boolean; threads: number; relaxedSimd: boolean; maxMemoryBytes?: number | undefined };
    result: { version: string };
  };
  /** Reads an ONNX model, which the compiler keeps. */
  read: { request: { onnx: Uint8Array; options: WasmReadOptions }; result: OnnxInfo };
  /** The rows of a data set for the model that was read. */
  rows: { request: { data: Uint8Array | Inputs }; result: Float64Array[] };
  /** Compiles the model that was read. */
  compile: {
    request: { calibration: Uint8Array | Inputs; options: WasmCompileOptions };
    result: WasmCompiled & { seconds: number; memoryBytes: number };
  };
  /** Makes a model's verifying key, and a development SRS where none is given. */
  keys: { request: { model: Uint8Array; srs?: Uint8Array | undefined }; result: WasmKeys };
  /** Reads and checks the files and derives the proving key. */
  load: { request: ModelFiles; result: { info: WasmModelInfo; arithmetic: Arithmetic } };
  prove: {
    request: { input: ProofInput; asked: Asked; transcript?: Transcript | undefined; modelOpening?: string | undefined };
    result: WasmProof & { memoryBytes: number };
  };
  /** Computes what a proof would show. */
  predict: { request: { model: Uint8Array; inputs: Inputs }; result: WasmPredicted };
  /** Verifies a proof, that a credential whose signature was checked is for what it shows, that it is about a model, and which commitments it shows. */
  verify: {
    request: {
      vk: Uint8Array;
      proof: string;
      asked: Asked;
      attested?: AttestedAt | undefined;
      model?: string | undefined;
      shown?: ShownCommitments | undefined;
    };
    result: WasmVerified;
  };
  /** The credential that a proof file holds. */
  credentialOf: { request: { vk: Uint8Array; proof: string }; result: string | undefined };
  /** Makes a request. */
  newRequest: { request: { vk: Uint8Array; choices: RequestChoices; now: number }; result: WasmRequest };
  /** Says what a request says. */
  readRequest: { request: { request: string }; result: WasmRequest };
  /** Says what a schema allows. */
  readSchema: { request: { schema: string }; result: WasmSchema };
  /** Reads a signature, which is not checked, and finds its key in a set. */
  readSigned: { request: { text: string; kind: SignedKind; keys: string }; result: SignedStatement };
  /** Says what a credential says whose signature was checked. */
  readCredential: { request: { payload: string; now: number }; result: WasmCredential };
  /** Says what a manifest says whose signature was checked. */
  readManifest: { request: { payload: string }; result: WasmManifest };
  /** Commits to a record. */
  commit: { request: { schema: string; record: string }; result: Committed };
}

export type Operation = keyof Operations;

export type Request = { [O in Operation]: { id: number; operation: O; payload: Operations[O]["request"] } }[Operation];

export type Response =
  /** A thread was started; the port that comes with this tells if it fails. */
  | { type: "thread" }
  | { type: "progress"; id: number; stage: string; fraction: number }
  | { type: "result"; id: number; value: unknown }
  | ({ type: "error"; id: number } & Failure);
