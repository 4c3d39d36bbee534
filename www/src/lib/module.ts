/** A wasm module for one call, without threads. */
import { Bridge, type CallOptions } from "./bridge.js";
import { wasmBase } from "./environment.js";

/** What a call to a wasm module alone may carry. */
export interface ModuleOptions extends CallOptions {
  /** Folder that holds `single/`; by default the package's own. */
  wasm?: string | URL;
}

/** Asks a module of its own, without threads. */
export async function inModule<T>(wasm: string | undefined, call: CallOptions, what: (bridge: Bridge) => Promise<T>): Promise<T> {
  const bridge = new Bridge();
  try {
    await bridge.call("start", { base: wasmBase(wasm), threads: 1, relaxedSimd: false }, call);
    return await what(bridge);
  } finally {
    bridge.terminate();
  }
}
