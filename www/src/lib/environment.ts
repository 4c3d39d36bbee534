/** What this browser and this page allow. */
import { HushproofError } from "./errors.js";

/** More threads than this gain little on phones and laptops, and each costs memory. */
const MAX_THREADS = 8;

/** Whether wasm threads can be had: the page must be served with the two cross-origin isolation headers. */
export function isIsolated(): boolean {
  return globalThis.crossOriginIsolated === true && typeof SharedArrayBuffer !== "undefined";
}

/**
 * The number of threads to use: as asked, or one per processor, at most 8; 1 where threads cannot be had.
 *
 * Throws `missing-isolation` if more than one was asked for and cannot be had.
 */
export function chooseThreads(asked: number | undefined): number {
  if (asked === undefined) return isIsolated() ? Math.min(MAX_THREADS, Math.max(1, navigator.hardwareConcurrency || 1)) : 1;
  if (asked > 1 && !isIsolated()) {
    throw new HushproofError(
      "missing-isolation",
      "threads need a page served with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
    );
  }
  return asked;
}

/** A function of three vectors that gives the result of one `f64x2.relaxed_madd` on them. */
const RELAXED_MADD = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x08, 0x01, 0x60, 0x03, 0x7b, 0x7b, 0x7b, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x0d, 0x01, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0xfd, 0x87, 0x02, 0x0b],
]);

/** Whether this browser has the instructions of relaxed SIMD. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(RELAXED_MADD);
}

/**
 * The wasm build, a folder of {@link wasmBase}: `threads` uses relaxed SIMD, `plain` has threads without it, `single`
 * neither.
 */
export function chooseBuild(threads: number, relaxedSimd: boolean): "threads" | "plain" | "single" {
  if (threads === 1) return "single";
  return relaxedSimd && hasRelaxedSimd() ? "threads" : "plain";
}

/** Where `threads/`, `plain/` and `single/` lie by default: beside the folder of this file, as in the npm package. */
export function wasmBase(given: string | undefined): string {
  return given ?? new URL("../", import.meta.url).href;
}
