// Runs measurements of the prover in headless Chromium, each in a page of its own, and prints their rows as JSON lines.
// node tests/prover-bench.mjs --site FOLDER --jobs FILE [--threads 2]
// A job is what the site's worker.js takes, with `row`: fields that are added to each of its rows.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { launch } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";

const { values: flags } = parseArgs({ options: { site: { type: "string" }, jobs: { type: "string" }, threads: { type: "string" } } });
const threads = Number(flags.threads ?? 2);
const site = await serveFiles(resolve(flags.site), { isolated: true });
const browser = await launch();
try {
  for (const job of JSON.parse(readFileSync(flags.jobs, "utf8"))) {
    const page = await browser.newPage();
    await page.goto(site.url);
    const { rows, error } = await page.evaluate(measure, { threads, job });
    await page.close();
    if (error) throw new Error(`${JSON.stringify(job)}: ${error}`);
    for (const line of rows.split("\n")) console.log(JSON.stringify({ where: "chromium", ...job.row, ...JSON.parse(line) }));
  }
} finally {
  await browser.close();
  await site.close();
}

/** Runs in the page. */
function measure(message) {
  return new Promise((answer) => {
    const worker = new Worker("./worker.js", { type: "module" });
    worker.addEventListener("message", ({ data }) => {
      if (data.rows !== undefined || data.error) answer(data);
    });
    worker.addEventListener("error", (event) => answer({ error: event.message || "the worker could not be loaded" }));
    worker.postMessage(message);
  });
}
