/** A model's verifying key, made on this device. */
import type { SrsOrigin } from "./boundary.js";
import { Bridge } from "./bridge.js";
import { download, type Source, type Wanted } from "./download.js";
import { HushproofError } from "./errors.js";
import { keyOptions } from "./options.js";
import { proverBuild, type ProverOptions } from "./session.js";

/** What {@link makeKeys} needs. */
export interface KeyOptions extends ProverOptions {
  /** The `.hush` file. */
  model: Source;
  /** SHA-256 of the `.hush` file, as {@link srsDigest}. */
  modelDigest?: string;
  /**
   * A `.srs` file of the model's size or more; a larger one takes minutes from k = 16 on. Without it a development SRS
   * is drawn here: whoever runs this could forge proofs, so it convinces nobody else.
   */
  srs?: Source;
  /**
   * SHA-256 of the SRS file in hexadecimal, lower case; a file with another is refused with code `integrity`. A page
   * that is not a secure context can't compute it: `unsupported-browser`.
   */
  srsDigest?: string;
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
  const { model: hush, modelDigest, srs: setup, srsDigest, ...prover } = keyOptions(options);
  const build = proverBuild(prover);
  const wanted: Wanted[] = [{ source: hush, digest: modelDigest }];
  if (setup !== undefined) wanted.push({ source: setup, digest: srsDigest });
  const [model, given] = await download(wanted, prover);
  if (!model) throw new HushproofError("option", "model is needed", { option: "model" });
  const bridge = new Bridge();
  try {
    prover.onProgress?.("start", 0);
    await bridge.call("start", build, prover);
    const { vk, srs, srs_origin: srsOrigin } = await bridge.call("keys", { model, srs: given }, prover);
    const used = srs ?? given;
    if (!used) throw new HushproofError("worker-crashed", "the wasm module made no SRS");
    return { vk, srs: used, srsOrigin };
  } finally {
    bridge.terminate();
  }
}
