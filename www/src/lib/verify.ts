/** Verification alone: what a relying party runs. Needs neither the model nor the SRS, and no isolation headers. */
import type { ExpectedModel } from "./commitment.js";
import { readManifest, type ExpectedIssuer, type KeySet } from "./credential.js";
import { download, type Source } from "./download.js";
import { HushproofError } from "./errors.js";
import { inModule, type ModuleOptions } from "./module.js";
import { verifyOptions } from "./options.js";
import { verifyIn, type ExpectedCommitments, type ExpectedContext, type Verified } from "./session.js";

/** What {@link verify} needs: a key, a proof, and the request or context that was issued for it or `noContext: true`. */
export type VerifyOptions = ModuleOptions &
  ExpectedContext &
  ExpectedIssuer &
  ExpectedModel &
  ExpectedCommitments & {
    /** The model's verifying key. */
    vk: Source;
    /**
     * SHA-256 of the `.vk` file in hexadecimal, lower case; a file with another is refused with code `integrity`. A
     * page that is not a secure context can't compute it: `unsupported-browser`.
     */
    vkDigest?: string;
    /** The text of `proof.json`. */
    proof: string;
    /** A publisher's manifest, which must name this key, and `model` where it is asked for; code `manifest` where it doesn't, or is not by one of `publisherKeys`. */
    manifest?: string;
    /** JSON Web Keys of the publishers that are believed. */
    publisherKeys?: KeySet;
  };

/**
 * What the proof says. Rejects with code `rejected` if it is invalid, `expired` if its request no longer holds,
 * `credential` if its commitment lacks a signature by one of `issuerKeys`, `model-binding` if it is not about `model`, with
 * another code if it could not be checked.
 */
export async function verifyDetailed(options: VerifyOptions): Promise<Verified> {
  const { vk: key, vkDigest, proof, asked, now, issuerKeys, credential, model, manifest, publisherKeys, wasm, ...rest } = verifyOptions(options);
  const { inputCommitment: inputs, outputCommitment: output, ...call } = rest;
  const [vk] = await download([{ source: key, digest: vkDigest }], call);
  if (!vk) throw new HushproofError("option", "vk is needed", { option: "vk" });
  return inModule(wasm, call, async (bridge) => {
    const named = manifest === undefined ? undefined : await readManifest(bridge, manifest, publisherKeys ?? "", call);
    const verified = await verifyIn(bridge, { vk, proof, asked, now, issuerKeys, credential, model, shown: { inputs, output } }, call);
    if (named && named.vk !== verified.vk) throw new HushproofError("manifest", "manifest rejected: it names another verifying key");
    if (named?.modelId !== undefined && model === undefined) {
      throw new HushproofError("option", "model is needed: the manifest names the model of private weights", { option: "model" });
    }
    const names = named === undefined || verified.modelId === undefined || named.modelId === verified.modelId;
    if (!names) throw new HushproofError("manifest", "manifest rejected: it names another model of private weights, or none");
    return named ? { ...verified, manifest: named } : verified;
  });
}

/**
 * Whether the proof is valid for this key and what was asked. Rejects if that could not be checked: an unreadable file,
 * another model's proof; and with code `credential` or `manifest` where a signature that was asked for does not hold.
 */
export async function verify(options: VerifyOptions): Promise<boolean> {
  try {
    await verifyDetailed(options);
    return true;
  } catch (error) {
    if (error instanceof HushproofError && ["rejected", "expired", "model-binding"].includes(error.code)) return false;
    throw error;
  }
}
