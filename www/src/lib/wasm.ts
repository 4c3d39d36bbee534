/**
 * Declarations of the generated wasm modules, `hushproof.js` in `threads/`, `plain/`, `single/` and `compiler/`. The data
 * that they take and give is declared in `boundary.ts`, in snake case.
 */
import type { Arithmetic, AttestedAt, Committed, CredentialAt, OnnxInfo, RequestChoices, ShownCommitments, SignedKind, SignedStatement, Transcript, WasmCompiled, WasmCompileOptions, WasmCredential, WasmKeys, WasmManifest, WasmModelInfo, WasmPredicted, WasmProof, WasmReadOptions, WasmRequest, WasmSchema, WasmVerified } from "./boundary.js";
import type { Asked } from "./protocol.js";

/** Called with a stage's name and the fraction of it that is done, from 0 to 1. */
export type Progress = (stage: string, fraction: number) => void;

/** Input tensors by name; flat in row-major order, or nested as the shape says. */
export type Inputs = Readonly<Record<string, NestedNumbers>>;

/** Numbers, nested up to 16 deep; strings where values stand for names, `null` or NaN for missing ones. */
export type NestedNumbers = readonly (number | string | null)[] | NumberArray | readonly NestedNumbers[];

/** Numbers of one kind. */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array;

export interface WasmProver {
  info(): WasmModelInfo;
  prove(inputs: Inputs, asked: Asked, transcript?: Transcript, modelOpening?: string, onProgress?: Progress): WasmProof;
  proveOpening(
    openings: readonly string[],
    credential: CredentialAt | undefined,
    asked: Asked,
    transcript?: Transcript,
    modelOpening?: string,
    onProgress?: Progress,
  ): WasmProof;
  free(): void;
}

export interface WasmOnnxModel {
  info(): OnnxInfo;
  rows(data: Uint8Array | Inputs): Float64Array[];
  compile(calibration: Uint8Array | Inputs, options: WasmCompileOptions, onProgress?: Progress): WasmCompiled;
  free(): void;
}

/** What all modules have. */
export interface WasmModule {
  default(input: { module_or_path: URL | WebAssembly.Module; memory?: WebAssembly.Memory }): Promise<{ memory: WebAssembly.Memory }>;
  /** Only in the builds with threads. */
  initThreadPool?(threads: number): Promise<void>;
  /** Only in the builds with threads: the work of one of its threads; returns when the pool ends. */
  wbg_rayon_start_worker?(receiver: number): void;
  version(): string;
  /** Size of the linear memory; it never shrinks, so this is also the peak. */
  memoryBytes(): number;
}

/** The module in `compiler/`. */
export interface CompilerModule extends WasmModule {
  OnnxModel: new (onnx: Uint8Array, options: WasmReadOptions) => WasmOnnxModel;
}

/** The other modules. */
export interface ProverModule extends WasmModule {
  Prover: new (hush: Uint8Array, vk: Uint8Array, srs: Uint8Array, onProgress?: Progress) => WasmProver;
  predict(hush: Uint8Array, inputs: Inputs): WasmPredicted;
  verify(
    vk: Uint8Array,
    proofJson: string,
    asked: Asked,
    attested?: AttestedAt,
    model?: string,
    shown?: ShownCommitments,
  ): WasmVerified;
  credentialOf(vk: Uint8Array, proofJson: string): string | undefined;
  newRequest(vk: Uint8Array, choices: RequestChoices, now: number): WasmRequest;
  readRequest(request: string): WasmRequest;
  readSchema(schema: string): WasmSchema;
  commit(schema: string, record: string): Committed;
  readSigned(text: string, kind: SignedKind, keys: string): SignedStatement;
  readCredential(payload: string, now: number): WasmCredential;
  readManifest(payload: string): WasmManifest;
  makeKeys(hush: Uint8Array, srs?: Uint8Array, onProgress?: Progress): WasmKeys;
  /** `limbs30` also where relaxed SIMD was built in and this machine's multiply-add turns out not to be fused. */
  arithmetic(): Arithmetic;
}
