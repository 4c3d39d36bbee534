/** A model's verifying key, made on this device. */
import type { SrsOrigin } from "./boundary.js";
import { Bridge } from "./bridge.js";
import { download, type Source } from "./download.js";
import { HushproofError } from "./errors.js";
import { proverBuild, type ProverOptions } from "./session.js";

/** What {@link makeKeys} needs. */
export interface KeyOptions extends ProverOptions {
  /** The `.hush` file. */
  model: Source;
  /**
   * A `.srs` file of the model's size or more; a larger one takes minutes from k = 16 on. Without it a development SRS
   * is drawn here: whoever runs this could forge proofs, so it convinces nobody else.
   */
  srs?: Source;
}

/** A verifying key with the SRS it was made with. */
export interface Keys {
  /** The `.vk` file. */
  vk: Uint8Array<ArrayBuffer>;
  /** The `.srs` file, given or drawn. */
  srs: Uint8Array<ArrayBuffer>;
  srsOrigin: SrsOrigin;
}

/**
 * Makes the verifying key of a compiled model, in a worker of its own. Stages: `download`, `start`, `read`, `setup`,
 * `keys`.
 */
export async function makeKeys(options: KeyOptions): Promise<Keys> {
  const build = proverBuild(options);
  const sources = options.srs === undefined ? [options.model] : [options.model, options.srs];
  const [model, given] = await download(sources.map((source) => ({ source })), options);
  if (!model) throw new HushproofError("option", "model is needed", { option: "model" });
  const bridge = new Bridge();
  try {
    options.onProgress?.("start", 0);
    await bridge.call("start", build, options);
    const { vk, srs, srs_origin: srsOrigin } = await bridge.call("keys", { model, srs: given }, options);
    const used = srs ?? given;
    if (!used) throw new HushproofError("worker-crashed", "the wasm module made no SRS");
    return { vk, srs: used, srsOrigin };
  } finally {
    bridge.terminate();
  }
}
