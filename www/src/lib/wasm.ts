/** Declarations of the generated wasm modules, `hushproof.js` in `threads/`, `plain/` and `single/`; snake case as generated. */

/** Called with a stage's name and the fraction of it that is done, from 0 to 1. */
export type Progress = (stage: string, fraction: number) => void;

/** Input tensors by name; flat in row-major order, or nested as the shape says. */
export type Inputs = Readonly<Record<string, NestedNumbers | Float32Array>>;

/** Numbers, nested to any depth. */
export type NestedNumbers = readonly number[] | readonly NestedNumbers[];

/** How field elements are multiplied: two at a time by fused multiply-add of doubles, or one at a time on limbs of 30 bits. */
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
  model: string;
  seconds: number;
  srs_origin: SrsOrigin;
}

export interface WasmProver {
  info(): WasmModelInfo;
  prove(inputs: Inputs, context: Uint8Array, onProgress?: Progress): WasmProof;
  free(): void;
}

export interface WasmModule {
  default(input: { module_or_path: URL | WebAssembly.Module; memory?: WebAssembly.Memory }): Promise<{ memory: WebAssembly.Memory }>;
  /** Only in the builds with threads. */
  initThreadPool?(threads: number): Promise<void>;
  /** Only in the builds with threads: the work of one of its threads; returns when the pool ends. */
  wbg_rayon_start_worker?(receiver: number): void;
  Prover: new (hush: Uint8Array, vk: Uint8Array, srs: Uint8Array, onProgress?: Progress) => WasmProver;
  verify(vk: Uint8Array, proofJson: string, context: Uint8Array): WasmVerified;
  version(): string;
  /** `limbs30` also where relaxed SIMD was built in and this machine's multiply-add turns out not to be fused. */
  arithmetic(): Arithmetic;
  /** Size of the linear memory; it never shrinks, so this is also the peak. */
  memoryBytes(): number;
}
