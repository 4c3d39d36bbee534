/** What issuers and publishers sign, checked by WebCrypto. */
import type { AttestedAt, SignedKind, WasmManifest } from "./boundary.js";
import type { Bridge, CallOptions } from "./bridge.js";
import { HushproofError } from "./errors.js";
import { inModule, type ModuleOptions } from "./module.js";
import { clock, credentialOptions, manifestOptions } from "./options.js";

/** A set of JSON Web Keys: JSON, or the object that it stands for. */
export type KeySet = string | Readonly<Record<string, unknown>>;

/** What {@link verifyCredential} needs. */
export interface CredentialOptions extends ModuleOptions {
  /** The text of `credential.jws`. */
  credential: string;
  /** Keys of the issuers that are believed. */
  issuerKeys: KeySet;
  /** The commitment that it must be for: `{ schema, commitment }`, or its JSON. */
  commitment?: string | Readonly<Record<string, unknown>>;
  /** When it must hold, in seconds since 1970; by default by this device's clock. */
  now?: number;
}

/** What an issuer says. */
export interface Credential {
  issuer: string;
  /** Seconds since 1970. */
  issued: number;
  expires: number;
  /** Digest of the record's schema. */
  schema: string;
  /** The commitment to the record. */
  commitment: string;
}

/** Whose signature the commitment to a proof's input must have, where that is asked for. */
export interface ExpectedIssuer {
  /**
   * Keys of the issuers that are believed; code `credential` where none of them signed the commitment that the proof
   * shows, or the signature no longer holds. A request that asks for an issuer is answered by theirs alone, and by none
   * without this.
   */
  issuerKeys?: KeySet;
  /** The text of `credential.jws`, where it is not the one that the proof's file holds. */
  credential?: string;
}

/** What {@link verifyManifest} needs. */
export interface ManifestOptions extends ModuleOptions {
  /** The text of `manifest.jws`. */
  manifest: string;
  /** Keys of the publishers that are believed. */
  publisherKeys: KeySet;
}

/** What a publisher says of a model. */
export interface Manifest extends Omit<WasmManifest, "model_id"> {
  /** The id of the model's private weights, in hexadecimal. */
  modelId?: string;
}

/**
 * What an issuer says. Rejects with code `credential` where none of the keys signed it, it does not hold now or is for
 * another commitment, with another code if it could not be checked. Needs a page served over HTTPS or from localhost.
 */
export async function verifyCredential(options: CredentialOptions): Promise<Credential> {
  const { credential, issuerKeys, commitment, now, wasm, signal, onProgress } = credentialOptions(options);
  const call = { signal, onProgress };
  return inModule(wasm, call, async (bridge) => {
    const payload = await checked(bridge, credential, "credential", issuerKeys, call);
    const said = await bridge.call("readCredential", { payload, now: now ?? clock() }, call);
    const same = commitment === undefined || isFor(said, commitment);
    if (!same) throw rejected("credential", "it is for another commitment");
    return said;
  });
}

/** What a publisher says of a model. Rejects with code `manifest` where none of the keys signed it. */
export async function verifyManifest(options: ManifestOptions): Promise<Manifest> {
  const { manifest, publisherKeys, wasm, signal, onProgress } = manifestOptions(options);
  const call = { signal, onProgress };
  return inModule(wasm, call, (bridge) => readManifest(bridge, manifest, publisherKeys, call));
}

/** A proof, and the keys by one of which its commitment must be signed at this time, if there are any. */
export interface IssuedProof {
  vk: Uint8Array;
  proof: string;
  issuerKeys?: string | undefined;
  credential?: string | undefined;
  now: number;
}

/**
 * What an issuer says of a proof's commitment, once the signature is known to be by one of the keys; `verify` in the module
 * checks that it holds and is for that commitment. None where no keys are given.
 */
export async function readAttested(bridge: Bridge, { vk, proof, issuerKeys, credential, now }: IssuedProof, call: CallOptions): Promise<AttestedAt | undefined> {
  if (issuerKeys === undefined) return undefined;
  const held = await bridge.call("credentialOf", { vk, proof }, call);
  const text = credential ?? held;
  if (text === undefined) throw rejected("credential", "none was given");
  return { payload: await checked(bridge, text, "credential", issuerKeys, call), now };
}

/** As {@link verifyManifest}, in a module that was started. */
export async function readManifest(bridge: Bridge, manifest: string, keys: string, call: CallOptions): Promise<Manifest> {
  const payload = await checked(bridge, manifest, "manifest", keys, call);
  const { model_id, ...rest } = await bridge.call("readManifest", { payload }, call);
  return model_id === undefined ? rest : { ...rest, modelId: model_id };
}

function isFor({ schema, commitment }: Credential, expected: string): boolean {
  let given: unknown;
  try {
    given = JSON.parse(expected);
  } catch {
    throw new HushproofError("artifact", "commitment file: no JSON");
  }
  const { schema: otherSchema, commitment: other, ...rest } = (given ?? {}) as Record<string, unknown>;
  if (typeof otherSchema !== "string" || typeof other !== "string" || Object.keys(rest).length > 0) {
    throw new HushproofError("artifact", "commitment file: expected schema and commitment");
  }
  return schema === otherSchema && commitment === other;
}

/** What is signed, once the signature is known to be by one of the keys. */
async function checked(bridge: Bridge, text: string, kind: SignedKind, keys: string, call: CallOptions): Promise<string> {
  const { alg, jwk, signed, signature, payload } = await bridge.call("readSigned", { text, kind, keys }, call);
  if (jwk === undefined) throw rejected(kind, "none of the keys made it");
  const { subtle } = globalThis.crypto ?? {};
  if (!subtle) throw new HushproofError("unsupported-browser", "signatures need a page served over HTTPS or from localhost");
  const [key, check] = alg === "ES256" ? [{ name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", hash: "SHA-256" }] : ["Ed25519", "Ed25519"];
  // The members that a key has to have, and no other.
  const { kty, crv, x, y } = JSON.parse(jwk) as JsonWebKey;
  const members = y === undefined ? { kty, crv, x } : { kty, crv, x, y };
  let imported: CryptoKey;
  try {
    imported = await subtle.importKey("jwk", members as JsonWebKey, key, false, ["verify"]);
  } catch (error) {
    const unsupported = (error as { name?: unknown } | null)?.name === "NotSupportedError";
    if (unsupported) throw new HushproofError("unsupported-browser", `this browser does not check signatures by ${alg}`);
    throw new HushproofError("artifact", "key file: no point of its curve");
  }
  if (!(await subtle.verify(check, imported, signature, new TextEncoder().encode(signed)))) {
    throw rejected(kind, "its signature is not by the key that it names");
  }
  return payload;
}

function rejected(kind: SignedKind, reason: string): HushproofError {
  return new HushproofError(kind, `${kind} rejected: ${reason}`);
}
