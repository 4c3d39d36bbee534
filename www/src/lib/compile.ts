/**
 * Compiling ONNX models on this device: the compiler is a wasm module of its own, downloaded when it is first asked
 * for.
 */
import type { CompileReport, OnnxInfo, Output, SrsOrigin, Visibility, WasmCompileOptions, WasmReadOptions } from "./boundary.js";
import { Bridge, type CallOptions } from "./bridge.js";
import type { Schema } from "./commitment.js";
import { download, type FileData, type Source } from "./download.js";
import { wasmBase } from "./environment.js";
import { HushproofError } from "./errors.js";
import { makeKeys } from "./keys.js";
import {
  callOptions,
  choices,
  compileModelOptions,
  compileOptions,
  compilerOptions,
  dataSet,
  onnxOptions,
  source,
} from "./options.js";
import type { ProverOptions } from "./session.js";
import type { Inputs } from "./wasm.js";

/** Which compiler runs. */
export interface CompilerOptions extends CallOptions {
  /** Folder that holds `compiler/`; by default the package's own. */
  wasm?: string | URL;
}

/** How an ONNX model is read. */
export interface ReadOptions extends CallOptions, WasmReadOptions {}

/** How a model is compiled; the defaults are those of `hushproof compile`. */
export interface CompileOptions extends CallOptions, Omit<WasmCompileOptions, "schemas" | "output"> {
  /**
   * Rows of typical inputs, on which scales are chosen: a `.json`, `.npy`, `.npz` or `.csv` file, or arrays by the names
   * of the inputs with a leading batch axis.
   */
  calibration: Source | Inputs;
  /**
   * What a committed input is a record of; whoever verifies sees a commitment to it. Of a model with several inputs one for
   * all of them, or one for each, in their order, of which each is committed to by itself.
   */
  schema?: Schema | readonly Schema[];
  /**
   * What is revealed of the output: all of it, the index of its largest value, whether it is at least a threshold, how many of
   * several it reaches, or a commitment to it, a record of a schema, which a later proof can take as its input.
   */
  output?: Exclude<Output, { committed: string }> | { committed: Schema };
  /** Who sees the weights. Private ones are in the `.hush` file, which must then stay secret. */
  weights?: WeightsVisibility;
}

/** Who sees weights: who proves, or who verifies, too. */
export type WeightsVisibility = Exclude<Visibility, "committed">;

/** How {@link compileModel} compiles. */
export interface CompileModelOptions extends CompileOptions, ProverOptions, WasmReadOptions {
  /**
   * The SRS to make the verifying key with: a `.srs` file, or `"development"` for one that is drawn here and convinces
   * nobody else. Without it no key is made.
   */
  srs?: Source | "development";
  /** SHA-256 of the `.srs` file, as in {@link makeKeys}. */
  srsDigest?: string;
}

/** What one proof is predicted to take, on two threads. */
export interface Prediction {
  nativeSeconds: number;
  browserSeconds: number;
  memoryBytes: number;
}

/** A compiled model. */
export interface Compiled {
  /** The `.hush` file: the bytes that `hushproof compile` writes for the same model, rows and options. */
  hush: Uint8Array<ArrayBuffer>;
  /** Only with {@link CompileModelOptions.srs}: the `.vk` file, the SRS it was made with and where that comes from. */
  vk?: Uint8Array<ArrayBuffer>;
  srs?: Uint8Array<ArrayBuffer>;
  srsOrigin?: SrsOrigin;
  report: CompileReport;
  /** The report as a page: errors, bits and cost by layer, and what would be cheaper. */
  html: string;
  prediction: Prediction;
  /** How long compiling took, the accuracy report included. */
  seconds: number;
  /** Peak size of the compiler's memory. */
  memoryBytes: number;
}

/**
 * A worker with the compiler in it.
 *
 * Once created it makes no request, unless it is given addresses instead of bytes. Calls run one after another.
 * Aborting one terminates the worker; make another compiler then.
 */
export class ModelCompiler {
  readonly #bridge = new Bridge();
  #queue: Promise<unknown> = Promise.resolve();

  private constructor() {}

  /** Starts a worker and loads the compiler. Stage: `start`. */
  static async create(options: CompilerOptions = {}): Promise<ModelCompiler> {
    const { wasm, ...call } = compilerOptions(options);
    const compiler = new ModelCompiler();
    try {
      call.onProgress?.("start", 0);
      const request = { base: wasmBase(wasm), compiler: true, threads: 1, relaxedSimd: false };
      await compiler.#bridge.call("start", request, call);
      call.onProgress?.("start", 1);
      return compiler;
    } catch (error) {
      compiler.#bridge.terminate();
      throw error;
    }
  }

  /**
   * Reads an ONNX model and keeps it for {@link compile}. Rejects with code `unsupported-operators` and all of them in
   * `details.operators`, with `not-onnx` and others.
   */
  async read(onnx: Source, options: ReadOptions = {}): Promise<OnnxInfo> {
    const [file, { outputs, dims, ...call }] = [source(onnx, "onnx"), onnxOptions(options)];
    return this.#enqueue(async () => {
      return this.#bridge.call("read", { onnx: await fileBytes(file, call), options: { outputs, dims } }, call);
    });
  }

  /**
   * The rows of a data set, each flat and in row-major order; rejects with code `input-shape`, `input-name`,
   * `input-value` and others.
   */
  async rows(data: Source | Inputs, options: CallOptions = {}): Promise<Float64Array[]> {
    const [rows, call] = [dataSet(data, "data"), callOptions(options)];
    return this.#enqueue(async () => this.#bridge.call("rows", { data: await rowsOrBytes(rows, call) }, call));
  }

  /** Compiles the model that was read last. Stages: `calibration`, `compile`, `evaluate`. */
  async compile(options: CompileOptions): Promise<Compiled> {
    const checked = compileOptions(options);
    return this.#enqueue(async () => {
      const calibration = await rowsOrBytes(checked.calibration, checked);
      const compiled = await this.#bridge.call("compile", { calibration, options: choices(checked) }, checked);
      const { native_seconds, browser_seconds, memory_bytes } = compiled.report.predicted;
      return { ...compiled, prediction: { nativeSeconds: native_seconds, browserSeconds: browser_seconds, memoryBytes: memory_bytes } };
    });
  }

  /** Stops the worker, whatever it is doing. */
  close(): void {
    this.#bridge.terminate(new HushproofError("closed", "the compiler was closed"));
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => {});
    return result;
  }
}

/**
 * Compiles an ONNX model on this device, in a worker that is terminated afterwards; with `srs` its verifying key, too.
 *
 * ```ts
 * const { hush, vk, srs, report } = await compileModel(onnx, { calibration: rows, srs: "development" });
 * const session = await ProvingSession.create({ model: hush, vk, srs });
 * ```
 */
export async function compileModel(onnx: Source, options: CompileModelOptions): Promise<Compiled> {
  const model = source(onnx, "onnx");
  const { srs, srsDigest, threads, maxMemoryBytes, relaxedSimd, wasm, outputs, dims, ...rest } = compileModelOptions(options);
  const { signal, onProgress } = rest;
  const call = { signal, onProgress };
  const compiler = await ModelCompiler.create({ wasm, ...call });
  let compiled: Compiled;
  try {
    await compiler.read(model, { ...call, outputs, dims });
    compiled = await compiler.compile(rest);
  } finally {
    compiler.close();
  }
  if (srs === undefined) return compiled;
  const prover = { threads, maxMemoryBytes, relaxedSimd, wasm, ...call };
  const setup = srs === "development" ? {} : { srs, srsDigest };
  const keys = await makeKeys({ ...prover, ...setup, model: compiled.hush });
  return { ...compiled, ...keys };
}

async function fileBytes(source: FileData, options: CallOptions): Promise<Uint8Array<ArrayBuffer>> {
  const [bytes] = await download([{ source }], options);
  if (!bytes) throw new HushproofError("option", "a file is needed");
  return bytes;
}

/** The bytes of a file of rows, or the rows themselves. */
async function rowsOrBytes(data: FileData | Inputs, options: CallOptions): Promise<Uint8Array<ArrayBuffer> | Inputs> {
  return typeof data === "string" || data instanceof Uint8Array ? fileBytes(data, options) : data;
}
