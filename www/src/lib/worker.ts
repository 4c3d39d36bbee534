/** The dedicated worker: loads the wasm module, starts its thread pool, and answers one request at a time. */
import { HushproofError, isPlainError, type ErrorDetails } from "./errors.js";
import type { ModelFiles, Operations, Request, Response } from "./protocol.js";
import type { Progress, WasmModule, WasmProver } from "./wasm.js";

let wasm: WasmModule | undefined;
let memory: WebAssembly.Memory | undefined;
let prover: WasmProver | undefined;

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
    post({ type: "error", id, ...describe(error) });
  }
}

function perform(request: Request, progress: Progress): unknown {
  switch (request.operation) {
    case "start":
      return start(request.payload);
    case "load":
      return load(request.payload, progress);
    case "prove": {
      if (!prover) throw new HushproofError("option", "no model is loaded");
      const proved = prover.prove(request.payload.inputs, request.payload.context, progress);
      return { ...proved, memoryBytes: loaded().memoryBytes() };
    }
    case "verify": {
      const { vk, proof, context } = request.payload;
      return loaded().verify(vk, proof, context);
    }
  }
}

async function start({ base, threads }: Operations["start"]["request"]): Promise<Operations["start"]["result"]> {
  const folder = new URL(threads > 1 ? "threads/" : "single/", base);
  const script = new URL("hushproof.js", folder).href;
  let module: WasmModule;
  try {
    module = await import(/* @vite-ignore */ script);
  } catch {
    throw new HushproofError("network", `cannot load ${script}`, { url: script });
  }
  const binary = new URL("hushproof_bg.wasm", folder);
  try {
    ({ memory } = await module.default({ module_or_path: binary }));
  } catch (error) {
    if (error instanceof WebAssembly.CompileError || error instanceof WebAssembly.LinkError) {
      throw new HushproofError("unsupported-browser", `this browser cannot run the prover: ${error.message}`);
    }
    if (error instanceof TypeError) throw new HushproofError("network", `cannot load ${binary.href}`, { url: binary.href });
    throw error;
  }
  if (threads > 1) await module.initThreadPool?.(threads);
  wasm = module;
  return { version: module.version() };
}

function load(files: ModelFiles, progress: Progress): Operations["load"]["result"] {
  prover?.free();
  prover = undefined;
  prover = new (loaded().Prover)(files.model, files.vk, files.srs, progress);
  return prover.info();
}

function loaded(): WasmModule {
  if (!wasm) throw new HushproofError("option", "the wasm module is not loaded");
  return wasm;
}

/** A plain description of whatever was thrown. After a fatal one the wasm instance cannot be trusted any more. */
function describe(error: unknown): { code: string; message: string; details: ErrorDetails; fatal: boolean } {
  if (isPlainError(error)) {
    const details = typeof error.details === "object" && error.details !== null ? (error.details as ErrorDetails) : {};
    return { code: error.code, message: String(error.message ?? error.code), details, fatal: false };
  }
  const message = error instanceof Error ? error.message : String(error);
  const trap = error instanceof WebAssembly.RuntimeError;
  const bytes = memory?.buffer.byteLength ?? 0;
  if (trap ? !canGrow(bytes) : /memory|allocation/i.test(message)) {
    return { code: "out-of-memory", message: "the browser has no more memory for this proof", details: { memoryBytes: bytes }, fatal: true };
  }
  return { code: "worker-crashed", message: `the prover stopped: ${message}`, details: { memoryBytes: bytes }, fatal: true };
}

/** Whether the linear memory can still grow by a quarter: tells a trap for want of memory from other traps. */
function canGrow(bytes: number): boolean {
  try {
    memory?.grow(Math.max(1024, bytes >> 18));
    return true;
  } catch {
    return false;
  }
}

function post(response: Response): void {
  self.postMessage(response);
}
