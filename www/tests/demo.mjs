// Proves a model in headless Chromium through the JavaScript API of a site and prints one JSON line. Before that it
// visits the site as often as it proves: with nothing stored, and again. node tests/demo.mjs --url SITE --entry FILE
// [--runs 3] [--threads 2] An entry file names the artifacts of one model, and its `inputs` in the form of INPUT.json.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { parseArgs } from "node:util";
import { openApi } from "./support/api.mjs";
import { launch } from "./support/browser.mjs";

const { values: flags } = parseArgs({
  options: { url: { type: "string" }, runs: { type: "string" }, threads: { type: "string" }, entry: { type: "string" } },
});
const runs = positive("runs", 3);
const threads = positive("threads", 2);

if (!flags.url || !flags.entry) throw new Error("--url and --entry are needed");
const url = `${flags.url.replace(/\/$/, "")}/`;
const browser = await launch();
try {
  console.log(JSON.stringify(await measure(JSON.parse(readFileSync(flags.entry, "utf8")))));
} finally {
  await browser.close();
}

async function measure(entry) {
  const [first, repeat] = await visits(entry);
  const page = await openApi(browser, url);
  const files = new Set();
  page.context().on("request", (asked) => {
    if (asked.url().startsWith("http")) files.add(asked.url());
  });
  const proved = await page.evaluate(prove, { entry, runs, threads });
  const needed = [...files];
  if (!needed.some((file) => file.endsWith(".wasm"))) throw new Error(`the wasm module was not among the downloads: ${needed.join(", ")}`);
  const sizes = await Promise.all(needed.map(transferredBytes));
  await page.close();
  const download_bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { model: entry.id, where: "chromium", ...proved, download_bytes, first_visit: first, repeat_visit: repeat };
}

/** Two visits by a browser that knows nothing of the site, each on a page of its own: medians over all runs. */
async function visits(entry) {
  const srs = await (await fetch(new URL(`artifacts/${entry.srs}`, url))).arrayBuffer();
  const srsDigest = createHash("sha256").update(Buffer.from(srs)).digest("hex");
  const taken = [[], []];
  for (let run = 0; run < runs; run++) {
    const context = await browser.newContext();
    for (const times of taken) {
      const page = await openApi(context, url);
      times.push(await page.evaluate(visit, { entry: { ...entry, srsDigest }, threads }));
      await page.close();
    }
    await context.close();
  }
  return taken.map((times) => ({
    ready_seconds: median(times.map(({ ready }) => ready)),
    proof_seconds: median(times.map(({ proof }) => proof)),
  }));
}

/**
 * Runs in the page: seconds since its address was opened until the prover was ready, and until the first proof was
 * made.
 */
async function visit({ entry, threads }) {
  const { ProvingSession } = await import("/pkg/lib/index.js");
  const artifact = (path) => new URL(path, `${location.origin}/artifacts/`);
  const files = { model: artifact(entry.hush), vk: artifact(entry.vk), srs: artifact(entry.srs), srsDigest: entry.srsDigest };
  const session = await ProvingSession.create({ ...files, threads });
  const ready = performance.now() / 1000;
  await session.prove(entry.inputs, { context: "00".repeat(32) });
  const proof = performance.now() / 1000;
  session.close();
  return { ready, proof };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs in the page. The first proof warms the code up and is not counted. */
async function prove({ entry, runs, threads }) {
  const { ProvingSession } = await import("/pkg/lib/index.js");
  const artifact = (path) => new URL(path, `${location.origin}/artifacts/`);
  const began = performance.now();
  const session = await ProvingSession.create({ model: artifact(entry.hush), vk: artifact(entry.vk), srs: artifact(entry.srs), threads });
  const loadSeconds = (performance.now() - began) / 1000;
  const context = "00".repeat(32);
  let last = await session.prove(entry.inputs, { context });
  const seconds = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    last = await session.prove(entry.inputs, { context });
    seconds.push((performance.now() - start) / 1000);
  }
  await session.verify(last.proof, { context });
  const verified = await session.verify(last.proof, { context });
  const result = {
    threads: last.threads,
    arithmetic: session.arithmetic,
    prove_seconds: seconds,
    verify_seconds: verified.seconds,
    load_seconds: loadSeconds,
    proof_bytes: JSON.parse(last.proof).proof.length / 2,
    peak_memory_bytes: last.memoryBytes,
    k: session.info.k,
    advice_columns: session.info.adviceColumns,
    outputs: verified.outputs,
    stages: last.stages,
  };
  session.close();
  return result;
}

/** Bytes of a file's body as the server sends it to a browser, compressed if it does. */
function transferredBytes(address) {
  return new Promise((resolve, reject) => {
    request(address, { headers: { "Accept-Encoding": "br, gzip" } }, (response) => {
      let size = 0;
      response.on("data", (chunk) => (size += chunk.length));
      response.on("end", () => (response.statusCode === 200 ? resolve(size) : reject(new Error(`${address}: ${response.statusCode}`))));
    })
      .on("error", reject)
      .end();
  });
}

function positive(name, preset) {
  const value = Number(flags[name] ?? preset);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: expected a positive integer`);
  return value;
}
