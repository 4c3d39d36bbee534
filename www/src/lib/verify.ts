/** Verification alone: what a relying party runs. Needs neither the model nor the SRS, and no isolation headers. */
import { Bridge, type CallOptions } from "./bridge.js";
import { download, type Source } from "./download.js";
import { contextBytes, wasmBase } from "./environment.js";
import { HushproofError } from "./errors.js";
import { toVerified, type Verified } from "./session.js";

/** What {@link verify} needs. */
export interface VerifyOptions extends CallOptions {
  /** The model's verifying key. */
  vk: Source;
  /** The text of `proof.json`. */
  proof: string;
  /** The nonce that was issued for this proof, as bytes or hexadecimal. */
  context?: Uint8Array | string;
  /** Folder that holds `single/`; by default the package's own. */
  wasm?: string | URL;
}

/** What the proof says. Rejects with code `rejected` if it is invalid, with another code if it could not be checked. */
export async function verifyDetailed(options: VerifyOptions): Promise<Verified> {
  const context = contextBytes(options.context);
  const [vk] = await download([{ source: options.vk }], options);
  if (!vk) throw new HushproofError("option", "vk is needed", { option: "vk" });
  const bridge = new Bridge();
  try {
    await bridge.call("start", { base: wasmBase(options.wasm), threads: 1, relaxedSimd: false }, options);
    return toVerified(await bridge.call("verify", { vk, proof: options.proof, context }, options));
  } finally {
    bridge.terminate();
  }
}

/**
 * Whether the proof is valid for this key and context. Rejects if that could not be checked: an unreadable file,
 * another model's proof.
 */
export async function verify(options: VerifyOptions): Promise<boolean> {
  try {
    await verifyDetailed(options);
    return true;
  } catch (error) {
    if (error instanceof HushproofError && error.code === "rejected") return false;
    throw error;
  }
}
