/**
 * A thread of the pool: speaks the protocol of wasm-bindgen-rayon's own helper script, and reports a trap to the page.
 * Without the report the page would wait for ever: the thread that waits for this one is blocked and hears nothing.
 */
import { describeFailure } from "./failure.js";
import type { WasmModule } from "./wasm.js";

interface Init {
  type: "wasm_bindgen_worker_init";
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  receiver: number;
  mainJS: string;
}

let report: MessagePort | undefined;

self.addEventListener("message", ({ data, ports }: MessageEvent<Init | { type: "report" }>) => {
  if (data.type === "report") report = ports[0];
  else if (data.type === "wasm_bindgen_worker_init") void run(data);
});

async function run({ module, memory, receiver, mainJS }: Init): Promise<void> {
  try {
    const wasm: WasmModule = await import(/* @vite-ignore */ mainJS);
    await wasm.default({ module_or_path: module, memory });
    self.postMessage({ type: "wasm_bindgen_worker_ready" });
    wasm.wbg_rayon_start_worker?.(receiver);
  } catch (error) {
    report?.postMessage(describeFailure(error, memory));
  }
}
