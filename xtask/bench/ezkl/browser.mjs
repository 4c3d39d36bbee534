// node browser.mjs --install DIR --prepared DIR --threads N --runs N [--minutes M]
// Measures EZKL's browser engine in headless Chromium, on keys made by native.py; prints one JSON object on stdout.
// DIR of --install holds node_modules. CHROMIUM names the browser, by default /usr/bin/chromium.
import { createReadStream, existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { constants, createBrotliCompress, createGzip } from "node:zlib";

const { values: options } = parseArgs({
  options: {
    install: { type: "string" },
    prepared: { type: "string" },
    threads: { type: "string" },
    runs: { type: "string" },
    minutes: { type: "string", default: "30" },
  },
});
const here = fileURLToPath(new URL(".", import.meta.url));
const roots = {
  engine: join(options.install, "node_modules/@ezkljs/engine"),
  prepared: options.prepared,
};
const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
const page = "<!doctype html><title>EZKL</title><link rel=icon href=data:,>";

/** Serves page, worker, engine and keys, isolated so that threads may start; `served` gets the files asked for. */
function serve(served) {
  const server = createServer((request, response) => {
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    const path = new URL(request.url, "http://localhost").pathname;
    const [, root, ...rest] = path.split("/");
    if (path === "/") return response.setHeader("Content-Type", "text/html").end(page);
    const file = path === "/worker.js" ? join(here, "worker.js") : roots[root] && join(roots[root], ...rest);
    if (!file || !existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    if (roots[root]) served.set(path, file);
    response.writeHead(200, {
      "Content-Type": types[extname(file)] ?? "application/octet-stream",
      "Content-Length": statSync(file).size,
    });
    pipeline(createReadStream(file), response).catch(() => {});
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

async function compressedBytes(file, compressor) {
  let bytes = 0;
  const count = new Writable({
    write(chunk, _encoding, done) {
      bytes += chunk.length;
      done();
    },
  });
  await pipeline(createReadStream(file), compressor, count);
  return bytes;
}

/** Raw, gzip (level 6) and Brotli (quality 5) bytes of all files served; slow for large keys, so kept beside them. */
async function downloads(served) {
  const cache = join(options.prepared, "compressed.json");
  const known = existsSync(cache) ? JSON.parse(readFileSync(cache, "utf8")) : {};
  const files = {};
  for (const [path, file] of [...served].sort()) {
    if (path === "/prepared/input.json") continue;
    files[path] = known[path] ?? {
      raw: statSync(file).size,
      gzip: await compressedBytes(file, createGzip({ level: 6 })),
      brotli: await compressedBytes(file, createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })),
    };
  }
  writeFileSync(`${cache}.${process.pid}`, JSON.stringify({ ...known, ...files }));
  renameSync(`${cache}.${process.pid}`, cache);
  const total = (kind) => Object.values(files).reduce((sum, sizes) => sum + sizes[kind], 0);
  return {
    download_bytes: total("raw"),
    download_gzip_bytes: total("gzip"),
    download_brotli_bytes: total("brotli"),
    files,
  };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

const { chromium } = createRequire(join(options.install, "package.json"))("playwright-core");
const served = new Map();
const server = await serve(served);
const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    ...asRoot,
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
let outcome;
try {
  const tab = await browser.newPage();
  tab.on("console", (message) => console.error(`chromium: ${message.text()}`));
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  outcome = await tab.evaluate(
    ({ threads, runs, milliseconds }) =>
      new Promise((resolve) => {
        const worker = new Worker("/worker.js", { type: "module" });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => resolve({ error: event.message ?? "the worker could not be loaded" });
        setTimeout(() => resolve({ error: `no result after ${milliseconds / 1000} s` }), milliseconds);
        worker.postMessage({ threads, runs });
      }),
    { threads: Number(options.threads), runs: Number(options.runs), milliseconds: Number(options.minutes) * 60_000 },
  );
  outcome.chromium = browser.version();
} catch (error) {
  outcome = { error: String(error) };
} finally {
  await browser.close();
  server.close();
}

const { report, error, chromium: chromiumVersion } = outcome;
const measured = report
  ? {
      ...report,
      verify_seconds: median(report.verify_seconds),
      peak_memory_bytes: Math.max(...report.memory_bytes),
    }
  : { error, prove_seconds: [] };
console.log(JSON.stringify({ ...measured, chromium: chromiumVersion, ...(await downloads(served)) }));
