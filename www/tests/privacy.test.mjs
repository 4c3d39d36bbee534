// Once a record is entered the browser makes no request at all, and nothing of the record is stored.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fillExample, launch, openSite, proveAndCancel, proveOnPage, verifyOnPage } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";
import { DIST, readCatalog, serveNatively } from "./support/site.mjs";

const [entry] = await readCatalog();
let browser;
let site;
before(async () => {
  browser = await launch();
  site = await serveFiles(DIST, { isolated: true });
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** Everything the browser asks for from here on, by its own account and by the server's. */
function watch(page) {
  const seen = [];
  const before = site.requests.length;
  page.context().on("request", (request) => seen.push(request.url()));
  return () => [...seen.filter((url) => !url.startsWith("blob:")), ...site.requests.slice(before).map(({ url }) => url)];
}

test("proving and verifying make no request", async () => {
  const page = await openSite(browser, site.url);
  const requests = watch(page);
  await fillExample(page);
  const { proof, context } = await proveOnPage(page);
  assert.equal((await verifyOnPage(page, proof, context)).state, "valid");
  await page.waitForTimeout(1000);
  assert.deepEqual(requests(), []);
});

test("after a cancelled proof the restart asks for program files only", async () => {
  const page = await openSite(browser, site.url);
  await fillExample(page);
  const before = site.requests.length;
  await proveAndCancel(page);
  await page.locator("#status[data-state=ready]").waitFor({ state: "attached" });
  await proveOnPage(page);
  const secrets = entry.examples[0].record.map(String).filter((text) => text.length > 3);
  for (const { method, url, headers, body } of site.requests.slice(before)) {
    assert.equal(method, "GET");
    assert.match(url, /^\/(assets|pkg)\/[\w./-]+$/, "a static program file without a query");
    assert.equal(body, "");
    const sent = `${url} ${JSON.stringify(headers)}`;
    assert.deepEqual(secrets.filter((text) => sent.includes(text)), []);
  }
});

test("nothing is stored but the SRS, which is public and was stored before the record was entered", async () => {
  const page = await openSite(browser, site.url);
  const kept = () =>
    page.evaluate(async () => {
      const files = [];
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
          const bytes = await (await cache.match(request)).arrayBuffer();
          const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
          files.push({ name, path: new URL(request.url).pathname, digest: [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") });
        }
      }
      return files;
    });
  const before = await kept();
  assert.deepEqual(before, [{ name: "hushproof", path: `/artifacts/${entry.srs}`, digest: entry.srsDigest }]);
  await fillExample(page);
  await proveOnPage(page);
  const stored = await page.evaluate(async () => ({
    local: localStorage.length,
    session: sessionStorage.length,
    cookies: document.cookie,
    databases: (await indexedDB.databases()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    address: location.href,
  }));
  assert.deepEqual(stored, { local: 0, session: 0, cookies: "", databases: 0, workers: 0, address: site.url });
  assert.deepEqual(await kept(), before);
});

test("the watch sees requests of the page and of workers", async () => {
  const page = await openSite(browser, site.url);
  const requests = watch(page);
  await page.evaluate(async () => {
    await fetch("/from-page");
    const worker = new Worker("/pkg/lib/worker.js", { type: "module" });
    worker.postMessage({ id: 0, operation: "start", payload: { base: `${location.origin}/from-worker/`, threads: 1 } });
    await new Promise((resolve) => (worker.onmessage = resolve));
  });
  const seen = requests().map((url) => new URL(url, site.url).pathname);
  assert.ok(seen.includes("/from-page"));
  assert.ok(seen.includes("/from-worker/single/hushproof.js"));
});

test("the page's policy blocks every other server", async () => {
  const page = await openSite(browser, site.url);
  const outcome = await page.evaluate(() => fetch("http://localhost:9/", { mode: "no-cors" }).then(() => "sent", () => "blocked"));
  assert.equal(outcome, "blocked");
  assert.ok(page.complaints.some((text) => text.includes("Content Security Policy")), page.complaints.join("\n"));
});

test("the native server sends the isolation and policy headers with every file, workers included", async () => {
  const native = await serveNatively();
  try {
    const assets = (await readdir(join(DIST, "assets"))).map((name) => `assets/${name}`);
    for (const path of ["", "pkg/threads/hushproof.js", "pkg/lib/worker.js", "artifacts/manifest.json", ...assets]) {
      const { status, headers } = await fetch(native.url + path);
      assert.equal(status, 200, path);
      assert.equal(headers.get("cross-origin-opener-policy"), "same-origin", path);
      assert.equal(headers.get("cross-origin-embedder-policy"), "require-corp", path);
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(policy, /connect-src 'self'(;|$)/, path);
      assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'(;|$)/, path);
      assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|\*/, path);
    }
  } finally {
    await native.close();
  }
});
