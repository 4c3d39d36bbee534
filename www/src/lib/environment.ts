/** What this browser and this page allow. */
import { HushproofError } from "./errors.js";

/** More threads than this gain little on phones and laptops, and each costs memory. */
const MAX_THREADS = 8;
const MIN_MEMORY_BYTES = 2 ** 23;
const MAX_MEMORY_BYTES = 2 ** 32;

/** Whether wasm threads can be had: the page must be served with the two cross-origin isolation headers. */
export function isIsolated(): boolean {
  return globalThis.crossOriginIsolated === true && typeof SharedArrayBuffer !== "undefined";
}

/**
 * The number of threads to use: as asked, or one per processor, at most 8; 1 where threads cannot be had.
 *
 * Throws `missing-isolation` if more than one was asked for and cannot be had, `option` for a count that is no positive
 * integer.
 */
export function chooseThreads(asked: number | undefined): number {
  if (asked === undefined) return isIsolated() ? Math.min(MAX_THREADS, Math.max(1, navigator.hardwareConcurrency || 1)) : 1;
  if (!Number.isInteger(asked) || asked < 1) {
    throw new HushproofError("option", `threads: expected a positive integer, got ${asked}`, { option: "threads" });
  }
  if (asked > 1 && !isIsolated()) {
    throw new HushproofError(
      "missing-isolation",
      "threads need a page served with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
    );
  }
  return asked;
}

/**
 * A digest as it is compared: throws `option` if it is no SHA-256 in hexadecimal, `unsupported-browser` where none can
 * be computed.
 */
export function checkDigest(digest: string | undefined): string | undefined {
  if (digest === undefined) return undefined;
  if (!/^[0-9a-f]{64}$/i.test(digest)) {
    throw new HushproofError("option", "srsDigest: expected 64 hexadecimal digits", { option: "srsDigest" });
  }
  if (!globalThis.crypto?.subtle) {
    throw new HushproofError("unsupported-browser", "srsDigest needs a page served over HTTPS or from localhost");
  }
  return digest.toLowerCase();
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

/** The bound on shared memory, if one was asked for: at least 8 MiB, at most the 4 GiB that wasm can address. */
export function memoryBound(asked: number | undefined): number | undefined {
  if (asked === undefined) return undefined;
  if (!(asked >= MIN_MEMORY_BYTES)) {
    throw new HushproofError("option", `maxMemoryBytes: expected at least ${MIN_MEMORY_BYTES}, got ${asked}`, { option: "maxMemoryBytes" });
  }
  return Math.min(asked, MAX_MEMORY_BYTES);
}

/** Where `threads/`, `plain/` and `single/` lie by default: beside the folder of this file, as in the npm package. */
export function wasmBase(given: string | URL | undefined): string {
  const base = new URL(given ?? "../", given === undefined ? import.meta.url : document.baseURI);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return base.href;
}

/** A context as bytes: given as such, or in hexadecimal as on the command line. None is the empty context. */
export function contextBytes(context: Uint8Array | string | undefined): Uint8Array {
  if (context === undefined) return new Uint8Array();
  if (typeof context !== "string") return context;
  if (context.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(context)) {
    throw new HushproofError("option", "context: expected an even number of hexadecimal digits", { option: "context" });
  }
  return Uint8Array.from({ length: context.length / 2 }, (_, i) => Number.parseInt(context.slice(2 * i, 2 * i + 2), 16));
}
