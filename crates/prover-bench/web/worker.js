// One measurement, on a thread that may block. The message: { threads, job }; the answer: { rows } or { error }.
import init, { initThreadPool, kernelRows, prover } from "./hushproof_prover_bench.js";

const bytes = async (url) => {
  if (!url) return new Uint8Array();
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
};

self.addEventListener("message", async ({ data }) => {
  // The pool's own threads share this channel.
  if (!data?.job) return;
  const { threads, job } = data;
  try {
    await init();
    await initThreadPool(threads);
    if (job.kernels) return self.postMessage({ rows: kernelRows(Uint32Array.from(job.kernels)) });
    const [hush, input, params] = await Promise.all([bytes(job.hush), bytes(job.input), bytes(job.params)]);
    self.postMessage({ rows: prover(job.k, hush, input, params, job.runs, job.system ?? "") });
  } catch (error) {
    self.postMessage({ error: String(error?.message ?? error) });
  }
});
