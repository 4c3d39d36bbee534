/** Messages between the page and the worker: plain data only, because structured clone drops what classes add. */
import type { Failure } from "./failure.js";
import type { Arithmetic, Inputs, WasmModelInfo, WasmProof, WasmVerified } from "./wasm.js";

/** The three files a prover needs. */
export interface ModelFiles {
  model: Uint8Array<ArrayBuffer>;
  vk: Uint8Array<ArrayBuffer>;
  srs: Uint8Array<ArrayBuffer>;
}

/** What can be asked of the worker, and what it answers. */
export interface Operations {
  /**
   * Loads the wasm build for so many threads from the folder `base`, one with relaxed SIMD only if allowed; `maxMemoryBytes`
   * bounds the memory that threads share.
   */
  start: {
    request: { base: string; threads: number; relaxedSimd: boolean; maxMemoryBytes?: number | undefined };
    result: { version: string; arithmetic: Arithmetic };
  };
  /** Reads and checks the files and derives the proving key. */
  load: { request: ModelFiles; result: WasmModelInfo };
  prove: { request: { inputs: Inputs; context: Uint8Array }; result: WasmProof & { memoryBytes: number } };
  verify: { request: { vk: Uint8Array; proof: string; context: Uint8Array }; result: WasmVerified };
}

export type Operation = keyof Operations;

export type Request = { [O in Operation]: { id: number; operation: O; payload: Operations[O]["request"] } }[Operation];

export type Response =
  /** A thread was started; the port that comes with this tells if it fails. */
  | { type: "thread" }
  | { type: "progress"; id: number; stage: string; fraction: number }
  | { type: "result"; id: number; value: unknown }
  | ({ type: "error"; id: number } & Failure);
