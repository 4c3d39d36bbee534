/** The page's end of the worker: one request at a time; aborting a request terminates the worker. */
import { HushproofError, cancelled } from "./errors.js";
import type { Failure } from "./failure.js";
import type { Operation, Operations, Response } from "./protocol.js";
import type { Progress } from "./wasm.js";

/** What every call may carry. */
export interface CallOptions {
  /**
   * Aborting really stops the work: the worker and its threads are terminated. The call rejects with code `cancelled`.
   */
  signal?: AbortSignal | undefined;
  /** Called with the name of the current stage and the fraction of it that is done. */
  onProgress?: Progress | undefined;
}

export class Bridge {
  readonly #worker: Worker;
  #nextId = 0;
  #fail: ((error: HushproofError) => void) | undefined;
  #alive = true;

  constructor() {
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "hushproof" });
    const crashed = (event: Event) => {
      const reason = event instanceof ErrorEvent && event.message ? event.message : "the worker script did not load";
      this.terminate(new HushproofError("worker-crashed", `the worker stopped: ${reason}`));
    };
    this.#worker.addEventListener("error", crashed);
    this.#worker.addEventListener("messageerror", crashed);
    this.#worker.addEventListener("message", ({ data, ports }: MessageEvent<Response>) => {
      const port = ports[0];
      if (data?.type !== "thread" || !port) return;
      port.onmessage = ({ data }: MessageEvent<Failure>) => this.terminate(new HushproofError(data.code, data.message, data.details));
    });
  }

  /** False once the worker was terminated, by a caller or by a failure that leaves nothing to trust. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Stops the worker with all its threads; a request under way rejects with `error`. */
  terminate(error: HushproofError = cancelled()): void {
    this.#alive = false;
    this.#worker.terminate();
    this.#fail?.(error);
  }

  /** Sends one request. The caller sees to it that no other is under way. */
  call<O extends Operation>(operation: O, payload: Operations[O]["request"], options: CallOptions = {}): Promise<Operations[O]["result"]> {
    const { signal, onProgress } = options;
    const id = this.#nextId++;
    return new Promise<Operations[O]["result"]>((resolve, reject) => {
      const onAbort = () => this.terminate();
      const onMessage = ({ data }: MessageEvent<Response>) => {
        if (data?.type === "thread" || data?.id !== id) return;
        if (data.type === "progress") {
          onProgress?.(data.stage, data.fraction);
          return;
        }
        settle();
        if (data.type === "result") {
          resolve(data.value as Operations[O]["result"]);
          return;
        }
        if (data.fatal) this.terminate();
        reject(new HushproofError(data.code, data.message, data.details));
      };
      const settle = () => {
        this.#fail = undefined;
        signal?.removeEventListener("abort", onAbort);
        this.#worker.removeEventListener("message", onMessage);
      };
      this.#fail = (error) => {
        settle();
        reject(error);
      };
      if (!this.#alive) return this.#fail(new HushproofError("worker-crashed", "the worker is gone"));
      if (signal?.aborted) return this.#fail(cancelled());
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#worker.addEventListener("message", onMessage);
      this.#worker.postMessage({ id, operation, payload });
    });
  }
}
