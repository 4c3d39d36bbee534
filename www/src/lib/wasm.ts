/**
 * Declarations of the generated wasm modules, `hushproof.js` in `threads/`, `plain/`, `single/` and `compiler/`; snake
 * case as generated.
 */

/** Called with a stage's name and the fraction of it that is done, from 0 to 1. */
export type Progress = (stage: string, fraction: number) => void;

/** Input tensors by name; flat in row-major order, or nested as the shape says. */
export type Inputs = Readonly<Record<string, NestedNumbers | Float32Array>>;

/** Numbers, nested to any depth. */
export type NestedNumbers = readonly number[] | readonly NestedNumbers[];

/**
 * How field elements are multiplied: two at a time by fused multiply-add of doubles, or one at a time on limbs of 30
 * bits.
 */
export type Arithmetic = "fma51" | "limbs30";

/** Where the structured reference string comes from; a development one was made by whoever published the model. */
export type SrsOrigin = "development" | "ceremony";

export interface WasmModelInfo {
  model: string;
  digest: string;
  k: number;
  rows: number;
  advice_columns: number;
  srs_origin: SrsOrigin;
  inputs: { name: string; shape: number[]; min: number[]; max: number[] }[];
  outputs: { name: string; kind: string }[];
}

export interface WasmProof {
  proof: string;
  outputs: Record<string, number[]>;
  seconds: Record<string, number>;
  stages: Record<string, number>;
}

export interface WasmVerified {
  outputs: Record<string, number[]>;
  inputs?: Record<string, number[]>;
  model: string;
  seconds: number;
  srs_origin: SrsOrigin;
}

/** The hash that turns what a prover has sent into challenges; EVM chains compute keccak cheaply. */
export type Transcript = "blake2b" | "keccak";

export interface WasmProver {
  info(): WasmModelInfo;
  prove(inputs: Inputs, context: Uint8Array, transcript?: Transcript, onProgress?: Progress): WasmProof;
  free(): void;
}

export interface WasmKeys {
  vk: Uint8Array<ArrayBuffer>;
  /** Only where it was made here. */
  srs?: Uint8Array<ArrayBuffer>;
  srs_origin: SrsOrigin;
}

/** A tensor's name and shape. */
export interface Port {
  name: string;
  shape: readonly number[];
}

/** What an ONNX model takes, gives and is made of. */
export interface OnnxInfo {
  name: string;
  /** Several inputs are parts of one vector, whose name joins theirs with `+`; so are several outputs. */
  input: Port;
  output: Port;
  /** How many nodes of each operator are left once constants are folded. */
  operators: Readonly<Record<string, number>>;
  /** Constants that these nodes read. */
  parameters: number;
}

/** What the compiler reports, in the names of `hushproof compile --json`. */
export interface CompileReport {
  model: string;
  /** Of the `.hush` file. */
  bytes: number;
  /** log2 of the circuit's rows. */
  k: number;
  rows: number;
  advice_columns: number;
  weights: "public" | "private";
  /** Least bits of an activation's code. */
  value_bits: number;
  calibration_rows: number;
  /** The integers against the floats, on the calibration rows. */
  accuracy: {
    rows: number;
    /** Rows refused because a value leaves the calibrated range. */
    out_of_range: number;
    first_refusal: string | null;
    /** Rows with the same class; null where the output is no class. */
    agreeing: number | null;
    top1_agreement: number | null;
    max_abs_error: number | null;
    mean_abs_error: number | null;
  };
  /** Of one proof on two threads. */
  predicted: { native_seconds: number; browser_seconds: number; memory_bytes: number };
}

/** A publisher's choices, all optional. */
export interface WasmCompileOptions {
  bits?: number;
  maxError?: number;
  margin?: number;
  inputMargin?: number;
  inputRange?: readonly [number, number];
  output?: "public" | "argmax" | { threshold: number };
  input?: "private" | "public";
  weights?: "public" | "private";
  prefer?: "speed" | "columns";
}

export interface WasmOnnxModel {
  info(): OnnxInfo;
  rows(data: Uint8Array | Inputs): Float64Array[];
  compile(
    calibration: Uint8Array | Inputs,
    options: WasmCompileOptions,
    onProgress?: Progress,
  ): { hush: Uint8Array<ArrayBuffer>; report: CompileReport; html: string };
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
  OnnxModel: new (onnx: Uint8Array) => WasmOnnxModel;
}

/** The other modules. */
export interface ProverModule extends WasmModule {
  Prover: new (hush: Uint8Array, vk: Uint8Array, srs: Uint8Array, onProgress?: Progress) => WasmProver;
  verify(vk: Uint8Array, proofJson: string, context: Uint8Array): WasmVerified;
  makeKeys(hush: Uint8Array, srs?: Uint8Array, onProgress?: Progress): WasmKeys;
  /** `limbs30` also where relaxed SIMD was built in and this machine's multiply-add turns out not to be fused. */
  arithmetic(): Arithmetic;
}
