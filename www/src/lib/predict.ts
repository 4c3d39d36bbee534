/** What a compiled model says, without a proof. Needs neither keys nor an SRS, and no isolation headers. */
import { download, type Source } from "./download.js";
import { HushproofError } from "./errors.js";
import { inModule, type ModuleOptions } from "./module.js";
import { predictOptions } from "./options.js";
import type { Predicted } from "./session.js";
import type { Inputs } from "./wasm.js";

/** What {@link predict} needs. */
export interface PredictOptions extends ModuleOptions {
  /** The `.hush` file. */
  model: Source;
  /**
   * SHA-256 of the `.hush` file in hexadecimal, lower case; a file with another is refused with code `integrity`. A page
   * that is not a secure context can't compute it: `unsupported-browser`.
   */
  modelDigest?: string;
  /** By name: flat or nested numbers. */
  inputs: Inputs;
}

/**
 * The outputs that a proof for these inputs would show. Rejects with code `input-range` or `activation-range` where none
 * could be made.
 */
export async function predict(options: PredictOptions): Promise<Predicted> {
  const { model: source, modelDigest, inputs, wasm, ...call } = predictOptions(options);
  const [model] = await download([{ source, digest: modelDigest }], call);
  if (!model) throw new HushproofError("option", "model is needed", { option: "model" });
  return inModule(wasm, call, (bridge) => bridge.call("predict", { model, inputs }, call));
}
