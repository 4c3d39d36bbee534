/** The dedicated worker: loads a wasm module, starts its thread pool, and answers one request at a time. */
import { chooseBuild } from "./environment.js";
import { HushproofError } from "./errors.js";
import { describeFailure } from "./failure.js";
import type { ModelFiles, Operations, Request, Response } from "./protocol.js";
import type { CompilerModule, Progress, ProverModule, WasmModule, WasmOnnxModel, WasmProver } from "./wasm.js";

type StartRequest = Operations["start"]["request"];

const PAGE_BYTES = 65536;
/** More than the module's own data and stack; it grows from here. */
const INITIAL_PAGES = 128;

/** The browser's own class: the thread pool is given another while it starts. */
const { Worker } = self;

let wasm: WasmModule | undefined;
let memory: WebAssembly.Memory | undefined;
let prover: WasmProver | undefined;
let onnxModel: WasmOnnxModel | undefined;

self.addEventListener("message", (event: MessageEvent<Request>) => {
  // The thread pool's helper script shares this channel; its messages carry no operation.
  if (event.data?.operation) void answer(event.data);
});

async function answer(request: Request): Promise<void> {
  const { id } = request;
  const progress: Progress = (stage, fraction) => post({ type: "progress", id, stage, fraction });
  try {
    post({ type: "result", id, value: await perform(request, progress) });
  } catch (error) {
    post({ type: "error", id, ...describeFailure(error, memory) });
  }
}

function perform(request: Request, progress: Progress): unknown {
  switch (request.operation) {
    case "start":
      return start(request.payload);
    case "read":
      return read(request.payload);
    case "rows":
      return opened().rows(request.payload.data);
    case "compile":
      return compile(request.payload, progress);
    case "keys": {
      const { model, srs } = request.payload;
      return loaded<ProverModule>().makeKeys(model, srs, progress);
    }
    case "load":
      return load(request.payload, progress);
    case "prove": {
      if (!prover) throw new HushproofError("option", "no model is loaded");
      const { input, asked, transcript, modelOpening } = request.payload;
      const proved =
        input.opening === undefined
          ? prover.prove(input.inputs, asked, transcript, modelOpening, progress)
          : prover.proveOpening(input.opening, input.credential, asked, transcript, modelOpening, progress);
      return { ...proved, memoryBytes: loaded().memoryBytes() };
    }
    case "predict": {
      const { model, inputs } = request.payload;
      return loaded<ProverModule>().predict(model, inputs);
    }
    case "verify": {
      const { vk, proof, asked, attested, model, shown } = request.payload;
      return loaded<ProverModule>().verify(vk, proof, asked, attested, model, shown);
    }
    case "credentialOf": {
      const { vk, proof } = request.payload;
      return loaded<ProverModule>().credentialOf(vk, proof);
    }
    case "newRequest": {
      const { vk, choices, now } = request.payload;
      return loaded<ProverModule>().newRequest(vk, choices, now);
    }
    case "readRequest":
      return loaded<ProverModule>().readRequest(request.payload.request);
    case "readSchema":
      return loaded<ProverModule>().readSchema(request.payload.schema);
    case "readSigned": {
      const { text, kind, keys } = request.payload;
      return loaded<ProverModule>().readSigned(text, kind, keys);
    }
    case "readCredential": {
      const { payload, now } = request.payload;
      return loaded<ProverModule>().readCredential(payload, now);
    }
    case "readManifest":
      return loaded<ProverModule>().readManifest(request.payload.payload);
    case "commit": {
      const { schema, record } = request.payload;
      return loaded<ProverModule>().commit(schema, record);
    }
  }
}

async function start({ base, compiler, threads, relaxedSimd, maxMemoryBytes }: StartRequest): Promise<Operations["start"]["result"]> {
  const folder = new URL(`${compiler ? "compiler" : chooseBuild(threads, relaxedSimd)}/`, base);
  const script = new URL("hushproof.js", folder).href;
  let module: WasmModule;
  try {
    module = await import(/* @vite-ignore */ script);
  } catch {
    throw new HushproofError("network", `cannot load ${script}`, { url: script });
  }
  const binary = new URL("hushproof_bg.wasm", folder);
  try {
    memory = await instantiate(module, binary, threads > 1, maxMemoryBytes);
  } catch (error) {
    if (error instanceof WebAssembly.CompileError || error instanceof WebAssembly.LinkError) {
      throw new HushproofError("unsupported-browser", `this browser cannot run ${binary.href}: ${error.message}`);
    }
    if (error instanceof TypeError) throw new HushproofError("network", `cannot load ${binary.href}`, { url: binary.href });
    throw error;
  }
  if (threads > 1) await startPool(module, threads);
  wasm = module;
  return { version: module.version() };
}

/**
 * With the module's own memory of at most 4 GiB, or a smaller shared one: if asked, or if the browser refuses that
 * much, as phones do.
 */
async function instantiate(module: WasmModule, binary: URL, shared: boolean, maxBytes: number | undefined): Promise<WebAssembly.Memory> {
  if (!shared) return (await module.default({ module_or_path: binary })).memory;
  const bounded = async (bytes: number) => {
    memory = reserve(bytes);
    await module.default({ module_or_path: binary, memory });
    return memory;
  };
  if (maxBytes !== undefined) return bounded(maxBytes);
  try {
    return (await module.default({ module_or_path: binary })).memory;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return bounded(2 ** 31);
  }
}

/** Shared memory of at most so many bytes, or of as much as the browser reserves. */
function reserve(maxBytes: number): WebAssembly.Memory {
  for (let maximum = Math.floor(maxBytes / PAGE_BYTES); ; maximum >>= 1) {
    try {
      return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared: true });
    } catch (error) {
      if (maximum < 4 * INITIAL_PAGES) throw error;
    }
  }
}

/** Starts the pool with our own script for its threads: each gets a port on which it reports a trap to the page. */
async function startPool(module: WasmModule, threads: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      self.Worker = function () {
        const thread = new Worker(new URL("./pool.js", import.meta.url), { type: "module", name: "hushproof-thread" });
        thread.addEventListener("error", () => reject(new HushproofError("network", "cannot load the script of the prover's threads")));
        const { port1, port2 } = new MessageChannel();
        thread.postMessage({ type: "report" }, [port1]);
        post({ type: "thread" }, [port2]);
        return thread;
      } as unknown as typeof Worker;
      Promise.resolve(module.initThreadPool?.(threads)).then(resolve, reject);
    });
  } finally {
    self.Worker = Worker;
  }
}

function load(files: ModelFiles, progress: Progress): Operations["load"]["result"] {
  prover?.free();
  prover = undefined;
  const module = loaded<ProverModule>();
  prover = new module.Prover(files.model, files.vk, files.srs, progress);
  return { info: prover.info(), arithmetic: module.arithmetic() };
}

function read({ onnx, options }: Operations["read"]["request"]): Operations["read"]["result"] {
  onnxModel?.free();
  onnxModel = undefined;
  onnxModel = new (loaded<CompilerModule>().OnnxModel)(onnx, options);
  return onnxModel.info();
}

function compile({ calibration, options }: Operations["compile"]["request"], progress: Progress): Operations["compile"]["result"] {
  const began = performance.now();
  const compiled = opened().compile(calibration, options, progress);
  return { ...compiled, seconds: (performance.now() - began) / 1000, memoryBytes: loaded().memoryBytes() };
}

function opened(): WasmOnnxModel {
  if (!onnxModel) throw new HushproofError("option", "no ONNX model was read");
  return onnxModel;
}

/** The module that was started, of the kind that the request under way is for. */
function loaded<M extends WasmModule>(): M {
  if (!wasm) throw new HushproofError("option", "the wasm module is not loaded");
  return wasm as M;
}

function post(response: Response, transfer: Transferable[] = []): void {
  self.postMessage(response, { transfer });
}
