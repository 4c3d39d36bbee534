/** Relying parties' requests: made by whoever asks, read by whoever is asked. */
import type { RequestChoices, WasmRequest } from "./boundary.js";
import { download, type Source } from "./download.js";
import { HushproofError } from "./errors.js";
import { inModule, type ModuleOptions } from "./module.js";
import { clock, json, moduleOptions, newRequestOptions } from "./options.js";
import type { Request } from "./session.js";

/** What {@link newRequest} needs. */
export interface NewRequestOptions extends ModuleOptions {
  /** The verifying key that the proof must be made for. */
  vk: Source;
  /**
   * SHA-256 of the `.vk` file in hexadecimal, lower case; a file with another is refused with code `integrity`. A page
   * that is not a secure context can't compute it: `unsupported-browser`.
   */
  vkDigest?: string;
  /** Who asks: a domain, or another name that the person knows. */
  audience: string;
  /** What for, in words that the person is shown. */
  purpose: string;
  /** Seconds for which it holds. */
  ttl: number;
  /** 16 to 64 random bytes in hexadecimal; by default 32 of the browser's. */
  nonce?: string;
  /** Who must have signed the commitment to the input. */
  issuer?: string;
  /** Digest of the schema that the commitment must be of. */
  schema?: string;
  /** Where the answer is to be sent: an address of HTTPS, or of HTTP on this machine. */
  responseUri?: string;
  /** From when on it holds, in seconds since 1970; by default by this device's clock. */
  now?: number;
}

/** What a request says. */
export interface ProofRequest {
  /** Its canonical JSON (RFC 8785). */
  request: string;
  /** SHA-256 of that in hexadecimal: the context of a proof that answers it. */
  context: string;
  audience: string;
  purpose: string;
  /** Digest of the verifying key, as a session's `info.digest`. */
  vk: string;
  /** Seconds since 1970 from which on no proof answers it. */
  expires: number;
  nonce: string;
  issuer?: string;
  schema?: string;
  responseUri?: string;
}

/** Makes a request for a proof, which one proof answers until it expires. */
export async function newRequest(options: NewRequestOptions): Promise<ProofRequest> {
  const checked = newRequestOptions(options);
  const { vk: source, vkDigest, wasm, signal, onProgress, now, responseUri, ...rest } = checked;
  const call = { signal, onProgress };
  const [vk] = await download([{ source, digest: vkDigest }], call);
  if (!vk) throw new HushproofError("option", "vk is needed", { option: "vk" });
  const choices = { ...rest, response_uri: responseUri } as RequestChoices;
  return toRequest(await inModule(wasm, call, (bridge) => bridge.call("newRequest", { vk, choices, now: now ?? clock() }, call)));
}

/** What a request says. Rejects with code `artifact` or `version` for what is none. */
export async function readRequest(request: Request, options: ModuleOptions = {}): Promise<ProofRequest> {
  const given = json(request, "request");
  const { wasm, ...call } = moduleOptions(options);
  return toRequest(await inModule(wasm, call, (bridge) => bridge.call("readRequest", { request: given }, call)));
}

function toRequest({ response_uri: responseUri, ...rest }: WasmRequest): ProofRequest {
  return responseUri === undefined ? rest : { ...rest, responseUri };
}
