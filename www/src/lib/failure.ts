/** Telling apart what stops a wasm thread. */
import { isPlainError, type ErrorDetails } from "./errors.js";

/** A failure as plain data. After a fatal one the wasm instance cannot be trusted any more. */
export interface Failure {
  code: string;
  message: string;
  details: ErrorDetails;
  fatal: boolean;
}

/** Describes whatever was thrown by a thread that works on `memory`. */
export function describeFailure(error: unknown, memory: WebAssembly.Memory | undefined): Failure {
  if (isPlainError(error)) {
    const details = typeof error.details === "object" && error.details !== null ? (error.details as ErrorDetails) : {};
    return { code: error.code, message: String(error.message ?? error.code), details, fatal: false };
  }
  const message = error instanceof Error ? error.message : String(error);
  const memoryBytes = memory?.buffer.byteLength ?? 0;
  const trapped = error instanceof WebAssembly.RuntimeError;
  if (trapped ? !canGrow(memory, memoryBytes) : /memory|allocation/i.test(message)) {
    return { code: "out-of-memory", message: "the browser has no more memory for this", details: { memoryBytes }, fatal: true };
  }
  return { code: "worker-crashed", message: `the wasm module stopped: ${message}`, details: { memoryBytes }, fatal: true };
}

/**
 * Whether the memory can still grow by a quarter and 64 MiB: wasm code that cannot get memory stops with a trap like
 * any other.
 */
function canGrow(memory: WebAssembly.Memory | undefined, bytes: number): boolean {
  const pages = 1024 + Math.floor(bytes / 4 / 65536);
  try {
    memory?.grow(pages);
    return true;
  } catch {
    return false;
  }
}
