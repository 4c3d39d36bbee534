/** A model made ready for proving on this device. */
import type { Arithmetic, Attestation, CredentialAt, ShownCommitments, SrsOrigin, Transcript, WasmModelInfo, WasmProof } from "./boundary.js";
import { Bridge, type CallOptions } from "./bridge.js";
import type { Commitment, ExpectedModel, ModelOpening, Opened } from "./commitment.js";
import { readAttested, type ExpectedIssuer, type IssuedProof, type Manifest } from "./credential.js";
import { download, type Bytes, type FileData, type Source, type Wanted } from "./download.js";
import { chooseThreads, isIsolated, wasmBase } from "./environment.js";
import { HushproofError, cancelled } from "./errors.js";
import {
  callOptions,
  inputTensors,
  proofInput,
  proveOptions,
  sessionOptions,
  sessionVerifyOptions,
  text,
  type CheckedProver,
} from "./options.js";
import type { Asked, ModelFiles, Operations } from "./protocol.js";
import type { Inputs } from "./wasm.js";

type StartRequest = Operations["start"]["request"];

/** Which prover runs, and on what. */
export interface ProverOptions extends CallOptions {
  /**
   * Worker threads, at most 64; by default one per processor, at most 8, and one on a page that is not cross-origin
   * isolated.
   */
  threads?: number;
  /**
   * Most memory that a prover with threads may take, in bytes, at least 8 MiB; by default 4 GiB, or less where the
   * browser does not reserve that.
   */
  maxMemoryBytes?: number;
  /**
   * `false` keeps provers with threads from relaxed SIMD. By default it is used where the browser has it: its fused
   * multiply-add makes arithmetic faster. Proofs are the same.
   */
  relaxedSimd?: boolean;
  /** Folder that holds `threads/`, `plain/`, `single/` and `compiler/`; by default the package's own. */
  wasm?: string | URL;
}

/** What {@link ProvingSession.create} needs. */
export interface SessionOptions extends ProverOptions {
  /** The `.hush` file. */
  model: Source;
  /** SHA-256 of the `.hush` file, as {@link srsDigest}. */
  modelDigest?: string;
  /** The `.vk` file; by default the model's address with the extension `.vk`. */
  vk?: Source;
  /** SHA-256 of the `.vk` file, as {@link srsDigest}. */
  vkDigest?: string;
  /** The structured reference string that the verifying key was made with. */
  srs: Source;
  /**
   * SHA-256 of the SRS file in hexadecimal, lower case; a file with another is refused with code `integrity`. A page
   * that is not a secure context can't compute it: `unsupported-browser`.
   */
  srsDigest?: string;
  /**
   * `false` keeps nothing on the device. By default an SRS with an `srsDigest`, which is public data, is kept in the
   * Cache API for the next visit and checked on each one; where nothing can be stored it is downloaded again.
   */
  keepSrs?: boolean;
}

/** What a model takes and gives, and the size of its circuit. */
export interface ModelInfo {
  model: string;
  digest: string;
  /** log2 of the circuit's rows. */
  k: number;
  rows: number;
  adviceColumns: number;
  srsOrigin: SrsOrigin;
  /** `min` and `max`: the calibrated range, one value for each element (flat, row-major) or one for all. */
  inputs: readonly {
    name: string;
    shape: readonly number[];
    min: readonly number[];
    max: readonly number[];
    /** The inputs that it joins, one after the other, by whose names a record may give their values; often empty. */
    parts: readonly { name: string; shape: readonly number[] }[];
    /** The values (by their flat index) that stand for names, which a record gives as strings; `open` ones take any. */
    categories: readonly { element: number; names: readonly string[]; open: boolean }[];
    /** Whether proofs show a commitment to it: {@link ProvingSession.prove} takes what opens one in place of values. */
    committed: boolean;
    /** What a committed input is a record of: its name and fields, and what `commit` takes. */
    schema?: Readonly<Record<string, unknown>>;
    /** What it is records of where they are several, each with a commitment of its own, in the order of `parts`. */
    schemas?: readonly Readonly<Record<string, unknown>>[];
  }[];
  /** `kind`: `value`, `decision`, `index` or `band`; `commitment` where proofs show a commitment, to a record of `schema`. */
  outputs: readonly { name: string; kind: string; schema?: Readonly<Record<string, unknown>> }[];
}

/** The relying party's nonce, 1 to 1024 bytes, as such or in hexadecimal, lower case. */
export type Context = string | Bytes;

/** A relying party's request: JSON, or the object that it stands for. */
export type Request = string | Readonly<Record<string, unknown>>;

/**
 * What a proof must be made for: a request, a context, or by name for none. `now` is when a request and a credential must
 * hold, in seconds since 1970, by default by this device's clock.
 */
export type ExpectedContext =
  /** The request's key and expiry are checked, too. */
  | { request: Request; now?: number; context?: never; noContext?: false }
  /** A time only with `issuerKeys`. */
  | { context: Context; now?: number; noContext?: false; request?: never }
  /** Whoever has a proof without a context can show it again. */
  | { noContext: true; now?: number; context?: never; request?: never };

/** What a call to {@link ProvingSession.prove} may carry. */
export interface ProveOptions extends CallOptions {
  /** The request that the proof answers, and no other; one of another key is refused, and one that has expired. */
  request?: Request;
  /** When the request and the credential must hold, in seconds since 1970; by default by this device's clock. */
  now?: number;
  /** In place of a request: the proof holds for this context only. Without both it can be shown again by whoever has it. */
  context?: Context;
  /** Says that there is neither, in place of one. */
  noContext?: boolean;
  /** The hash of the proof's transcript: `blake2b` (the default) or `keccak`. */
  transcript?: Transcript;
  /**
   * What `hushproof model commit` wrote for the owner of a model with private weights: the proof then says which model it is
   * about. Code `artifact` for other weights, `key-mismatch` for another key.
   */
  modelOpening?: ModelOpening;
}

/** What a call to {@link ProvingSession.verify} needs. */
export type SessionVerifyOptions = CallOptions & ExpectedContext & ExpectedIssuer & ExpectedModel & ExpectedCommitments;

/** The commitments that a valid proof must show: those of another proof, or that were kept; code `rejected` for others. */
export interface ExpectedCommitments {
  /** That to the input; of an input that is several records one for each, in their order. */
  inputCommitment?: Commitment | readonly Commitment[];
  /** That to the output. */
  outputCommitment?: Commitment;
}

/** A proof and what it says. */
export interface Proved extends Omit<WasmProof, keyof typeof NAMES> {
  /** The commitment to the input that the proof shows, where it does, in hexadecimal. */
  inputCommitment?: string;
  /** The commitments to an input that is several records, in their order. */
  inputCommitments?: { schema: string; commitment: string }[];
  /** The commitment to the output that the proof shows in place of its values, where it does, in hexadecimal. */
  outputCommitment?: string;
  /** Digest of the schema that such an output is a record of. */
  outputSchema?: string;
  /** What opens that commitment, for its owner alone: the opening of a later proof. */
  outputOpening?: string;
  /** The id of the model of private weights that the proof says it is about, with `modelOpening`, in hexadecimal. */
  modelId?: string;
  /** Peak size of the prover's memory. */
  memoryBytes: number;
  threads: number;
}

/** What a proof would say. */
export interface Predicted {
  outputs: Record<string, number[]>;
  /** The names that some of these values stand for, by the index of the value. */
  names?: Record<number, string>;
}

/** What a valid proof says. */
export interface Verified {
  outputs: Record<string, number[]>;
  /** The names that some of these values stand for, by the index of the value. */
  names?: Record<number, string>;
  /** What the proof was made for, where the input is public. */
  inputs?: Record<string, number[]>;
  /** The commitment to the input, where it is committed to, in hexadecimal. */
  inputCommitment?: string;
  /** Digest of the schema that such an input is a record of. */
  schema?: string;
  /** The commitments to an input that is several records, in their order. */
  inputCommitments?: { schema: string; commitment: string }[];
  /** The commitment to the output, where it is committed to, in hexadecimal. */
  outputCommitment?: string;
  /** Digest of the schema that such an output is a record of. */
  outputSchema?: string;
  /** Whose signature on the commitment was checked, where `issuerKeys` were given. */
  credential?: Attestation;
  model: string;
  /** The id of the private weights that the proof is about, where `model` was asked for, in hexadecimal. */
  modelId?: string;
  /** What proofs name the verifying key by, in hexadecimal. */
  vk: string;
  seconds: number;
  srsOrigin: SrsOrigin;
  /** What the publisher says of the model, where a manifest was asked for. */
  manifest?: Manifest;
}

/**
 * A model, its keys and a worker that proves with them.
 *
 * All files are downloaded by {@link ProvingSession.create}, which may keep the SRS for later visits; proving sends
 * nothing and stores nothing. Calls queue up and run one at a time. Aborting one terminates the worker; the next call
 * starts another from the files held here.
 */
export class ProvingSession {
  /** What the model takes and gives. */
  readonly info: ModelInfo;
  /** Threads that proving uses. */
  readonly threads: number;
  /**
   * How field elements are multiplied: `fma51` with relaxed SIMD if this machine fuses its multiply-add, else
   * `limbs30`.
   */
  readonly arithmetic: Arithmetic;
  /** Whether the page is cross-origin isolated; if not, `threads` is 1. */
  readonly isolated: boolean = isIsolated();
  readonly #build: StartRequest;
  readonly #files: ModelFiles;
  #bridge: Bridge;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor({ bridge, info, arithmetic }: Started, build: StartRequest, files: ModelFiles) {
    this.info = toModelInfo(info);
    this.arithmetic = arithmetic;
    this.threads = build.threads;
    this.#build = build;
    this.#files = files;
    this.#bridge = bridge;
  }

  /**
   * Downloads the files while the worker starts, then derives the proving key. Stages: `download`, `start` and the
   * prover's own.
   */
  static async create(options: SessionOptions): Promise<ProvingSession> {
    const checked = sessionOptions(options);
    const build = proverBuild(checked);
    const { signal, onProgress } = checked;
    const call = { signal, onProgress };
    const wanted = [
      { source: checked.model, digest: checked.modelDigest },
      { source: checked.vk ?? vkAddress(checked.model), digest: checked.vkDigest },
      { source: checked.srs, digest: checked.srsDigest, keep: checked.keepSrs ?? true },
    ];
    const bridge = new Bridge();
    try {
      const [model, vk, srs] = await startAndDownload(bridge, build, wanted, call);
      if (!model || !vk || !srs) throw new HushproofError("option", "model, vk and srs are needed");
      const files = { model, vk, srs };
      return new ProvingSession({ bridge, ...(await bridge.call("load", files, call)) }, build, files);
    } catch (error) {
      bridge.terminate();
      throw error;
    }
  }

  /**
   * Proves what the model says about `inputs` (by name: flat or nested numbers), or about the record of an opening, as
   * `info` says of the input: `prove({ opening, credential }, { request })`. Makes no request. Rejects with code `option`
   * where the model takes the other one, `artifact` or `record` for an opening of another record, salt or schema, and
   * `credential` for one of another commitment or that no longer holds.
   */
  async prove(inputs: Inputs | Opened, options: ProveOptions = {}): Promise<Proved> {
    const { inputs: tensors, opened } = proofInput(inputs);
    const { asked, now, transcript, modelOpening, ...call } = proveOptions(options, opened?.credential !== undefined);
    const input = opened ? { opening: opened.opening, credential: credentialAt(opened.credential, now) } : { inputs: tensors };
    return this.#enqueue(call, async (bridge) => {
      const proved = renamed(await bridge.call("prove", { input, asked, transcript, modelOpening }, call));
      return { ...proved, threads: this.threads };
    });
  }

  /**
   * What the model says about `inputs`, without a proof: the outputs that {@link prove} and {@link verify} give. Makes
   * no request.
   */
  async predict(inputs: Inputs, options: CallOptions = {}): Promise<Predicted> {
    const call = callOptions(options);
    const request = { model: this.#files.model, inputs: inputTensors(inputs, "inputs") };
    return this.#enqueue(call, async (bridge) => bridge.call("predict", request, call));
  }

  /**
   * Checks a proof against this session's verifying key; rejects with code `rejected` if it is invalid, `expired` if its
   * request no longer holds, `credential` if its commitment lacks a signature by one of `issuerKeys`, `model-binding` if it
   * is not about `model`. Sends nothing.
   */
  async verify(proof: string, options: SessionVerifyOptions): Promise<Verified> {
    const { asked, now, issuerKeys, credential, model, inputCommitment: inputs, outputCommitment: output, ...call } = sessionVerifyOptions(options);
    const given = { vk: this.#files.vk, proof: text(proof, "proof"), asked, now, issuerKeys, credential, model, shown: { inputs, output } };
    return this.#enqueue(call, (bridge) => verifyIn(bridge, given, call));
  }

  /** Stops the worker, whatever it is doing, and lets go of its memory. */
  close(): void {
    this.#closed = true;
    this.#bridge.terminate(new HushproofError("closed", "the session was closed"));
  }

  #enqueue<T>(options: CallOptions, task: (bridge: Bridge) => Promise<T>): Promise<T> {
    const { signal } = options;
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      const onAbort = () => reject(cancelled());
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#queue = this.#queue.then(async () => {
        try {
          if (!signal?.aborted) resolve(await task(await this.#worker(options)));
        } catch (error) {
          reject(error);
        } finally {
          signal?.removeEventListener("abort", onAbort);
        }
      });
    });
  }

  async #worker(options: CallOptions): Promise<Bridge> {
    if (this.#closed) throw new HushproofError("closed", "the session was closed");
    if (!this.#bridge.alive) await this.#restart(options);
    return this.#bridge;
  }

  async #restart(options: CallOptions): Promise<void> {
    this.#bridge = new Bridge();
    try {
      options.onProgress?.("start", 0);
      await this.#bridge.call("start", this.#build, options);
      options.onProgress?.("start", 1);
      await this.#bridge.call("load", this.#files, options);
    } catch (error) {
      this.#bridge.terminate();
      throw error;
    }
  }
}

/** A worker with a model loaded. */
interface Started {
  bridge: Bridge;
  info: WasmModelInfo;
  arithmetic: Arithmetic;
}

/** Starts the prover while the files are fetched; the first to fail stops the other. */
async function startAndDownload(
  bridge: Bridge,
  build: StartRequest,
  wanted: readonly Wanted[],
  { signal, onProgress }: CallOptions,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  if (signal?.aborted) stop.abort();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const starting = bridge.call("start", build, { signal: stop.signal });
    const downloading = download(wanted, { signal: stop.signal, onProgress }).then((files) => {
      onProgress?.("start", 0);
      return files;
    });
    const [files] = await Promise.all([downloading, starting]);
    onProgress?.("start", 1);
    return files;
  } catch (error) {
    stop.abort();
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** What the worker is told to start for these options. */
export function proverBuild({ wasm, threads, relaxedSimd, maxMemoryBytes }: CheckedProver): StartRequest {
  return { base: wasmBase(wasm), threads: chooseThreads(threads), relaxedSimd: relaxedSimd ?? true, maxMemoryBytes };
}

function vkAddress(model: FileData): string {
  if (typeof model !== "string") {
    throw new HushproofError("option", "vk: needed when the model is given as bytes", { option: "vk" });
  }
  const url = new URL(model);
  url.pathname = url.pathname.replace(/\.[^./]*$/, "") + ".vk";
  return url.href;
}

function toModelInfo({ advice_columns, srs_origin, ...rest }: WasmModelInfo): ModelInfo {
  return { ...rest, adviceColumns: advice_columns, srsOrigin: srs_origin };
}

function credentialAt(credential: string | undefined, now: number): CredentialAt | undefined {
  return credential === undefined ? undefined : { credential, now };
}

/** A proof with all that it is checked against. */
type ExpectedProof = IssuedProof & { asked: Asked; model?: string | undefined; shown: ShownCommitments };

/** Verifies a proof, and the issuer's signature on its commitment where one is asked for, in a module that was started. */
export async function verifyIn(bridge: Bridge, { asked, model, shown, ...issued }: ExpectedProof, call: CallOptions): Promise<Verified> {
  const { vk, proof } = issued;
  const attested = await readAttested(bridge, issued, call);
  return renamed(await bridge.call("verify", { vk, proof, asked, attested, model, shown }, call));
}

/** Names of the module's answers that this API has in its own style. */
const NAMES = {
  input_commitment: "inputCommitment",
  input_commitments: "inputCommitments",
  output_commitment: "outputCommitment",
  output_schema: "outputSchema",
  output_opening: "outputOpening",
  model_id: "modelId",
  srs_origin: "srsOrigin",
} as const;

type Renamed<T> = { [N in keyof T as N extends keyof typeof NAMES ? (typeof NAMES)[N] : N]: T[N] };

/** The worker's answer in the names of this API. */
function renamed<T extends object>(answer: T): Renamed<T> {
  const name = (given: string) => (Object.hasOwn(NAMES, given) ? NAMES[given as keyof typeof NAMES] : given);
  return Object.fromEntries(Object.entries(answer).map(([given, value]) => [name(given), value])) as Renamed<T>;
}
