// Compiles one ONNX model in headless Chromium through the JavaScript API and prints one JSON line.
// node tests/compile-bench.mjs --onnx FILE --calibration FILE [--runs 3] [--keys]
// The built site is served here; every run is in a worker of its own.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { openApi } from "./support/api.mjs";
import { launch } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";
import { DIST } from "./support/site.mjs";

const { values: flags } = parseArgs({
  options: { onnx: { type: "string" }, calibration: { type: "string" }, runs: { type: "string" }, keys: { type: "boolean" } },
});
if (!flags.onnx || !flags.calibration) throw new Error("--onnx and --calibration are needed");
const runs = Number(flags.runs ?? 3);
const [onnx, calibration] = await Promise.all([flags.onnx, flags.calibration].map((path) => readFile(path)));

const site = await serveFiles(DIST, { isolated: true });
const browser = await launch();
try {
  const page = await openApi(browser, site.url);
  page.setDefaultTimeout(0);
  await page.route("**/offered/model.onnx", (route) => route.fulfill({ body: onnx }));
  await page.route("**/offered/rows", (route) => route.fulfill({ body: calibration }));
  const measured = await page.evaluate(compile, { runs, keys: flags.keys ?? false });
  const { hush, ...rest } = measured;
  console.log(JSON.stringify({ where: "chromium", ...rest, sha256: createHash("sha256").update(Buffer.from(hush)).digest("hex") }));
} finally {
  await browser.close();
  await site.close();
}

/** Runs in the page. */
async function compile({ runs, keys }) {
  const { makeKeys, ModelCompiler } = await import("/pkg/lib/index.js");
  const file = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const [onnx, calibration] = await Promise.all(["/offered/model.onnx", "/offered/rows"].map(file));
  const times = { load_seconds: [], read_seconds: [], compile_seconds: [] };
  const timed = async (name, task) => {
    const began = performance.now();
    const result = await task();
    times[name].push((performance.now() - began) / 1000);
    return result;
  };
  let compiled;
  for (let run = 0; run < runs; run++) {
    const compiler = await timed("load_seconds", () => ModelCompiler.create());
    await timed("read_seconds", () => compiler.read(onnx));
    compiled = await timed("compile_seconds", () => compiler.compile({ calibration }));
    compiler.close();
  }
  const { hush, report, memoryBytes } = compiled;
  if (keys) {
    times.keys_seconds = [];
    await timed("keys_seconds", () => makeKeys({ model: hush }));
  }
  return { ...times, bytes: hush.length, k: report.k, peak_memory_bytes: memoryBytes, hush: [...hush] };
}
