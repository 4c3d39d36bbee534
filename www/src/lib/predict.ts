/** What a compiled model says, without a proof. Needs neither keys nor an SRS, and no isolation headers. */
import { Bridge, type CallOptions } from "./bridge.js";
import { download, type Source } from "./download.js";
import { wasmBase } from "./environment.js";
import { HushproofError } from "./errors.js";
import { predictOptions } from "./options.js";
import type { Predicted } from "./session.js";
import type { Inputs } from "./wasm.js";

/** What {@link predict} needs. */
export interface PredictOptions extends CallOptions {
  /** The `.hush` file. */
  model: Source;
  /**
   * SHA-256 of the `.hush` file in hexadecimal, lower case; a file with another is refused with code `integrity`. A page
   * that is not a secure context can't compute it: `unsupported-browser`.
   */
  modelDigest?: string;
  /** By name: flat or nested numbers. */
  inputs: Inputs;
  /** Folder that holds `single/`; by default the package's own. */
  wasm?: string | URL;
}

/**
 * The outputs that a proof for these inputs would show. Rejects with code `input-range` or `activation-range` where none
 * could be made.
 */
export async function predict(options: PredictOptions): Promise<Predicted> {
  const { model: source, modelDigest, inputs, wasm, ...call } = predictOptions(options);
  const [model] = await download([{ source, digest: modelDigest }], call);
  if (!model) throw new HushproofError("option", "model is needed", { option: "model" });
  const bridge = new Bridge();
  try {
    await bridge.call("start", { base: wasmBase(wasm), threads: 1, relaxedSimd: false }, call);
    return await bridge.call("predict", { model, inputs }, call);
  } finally {
    bridge.terminate();
  }
}
