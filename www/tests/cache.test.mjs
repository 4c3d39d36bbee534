// The SRS is kept between visits, checked on each one, and downloaded again where it is not kept or not right.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PROVE_TIMEOUT, launch, openSite } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";
import { DIST, readCatalog, verifyNatively } from "./support/site.mjs";

const [entry] = await readCatalog();
const CONTEXT = "5a".repeat(32);
let browser;
let site;
let visitor;
before(async () => {
  browser = await launch();
  site = await serveFiles(DIST, { isolated: true });
  visitor = await browser.newContext();
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/**
 * Visits with the storage of a browser context, after `prepare` was run in the page: the outcome, and how often the SRS
 * was asked for.
 */
async function visit(context, options = {}, prepare = () => {}) {
  const page = await context.newPage();
  page.setDefaultTimeout(PROVE_TIMEOUT);
  await page.goto(`${site.url}artifacts/manifest.json`);
  const given = await page.evaluate(prepare);
  const from = site.requests.length;
  const outcome = await page.evaluate(run, { entry, context: CONTEXT, options });
  const asked = site.requests.slice(from).filter(({ url }) => url.endsWith(".srs")).length;
  await page.close();
  return { ...outcome, asked, given };
}

/** Runs in the page. */
async function run({ entry, context, options }) {
  const { ProvingSession } = await import("/pkg/lib/index.js");
  const artifact = (path) => new URL(path, `${location.origin}/artifacts/`);
  const files = { model: artifact(entry.hush), vk: artifact(entry.vk), srs: artifact(entry.srs), srsDigest: entry.srsDigest };
  try {
    const session = await ProvingSession.create({ ...files, ...options });
    const { proof } = await session.prove({ [entry.input.name]: entry.examples[0].record }, { context });
    session.close();
    return { proof };
  } catch ({ code, details }) {
    return { code, details };
  }
}

async function keptFiles() {
  const files = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const { url } of await cache.keys()) files.push([...new Uint8Array(await (await cache.match(url)).arrayBuffer())]);
  }
  return files;
}

/** Changes one byte in the middle of all that is kept. */
async function corrupt() {
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const bytes = new Uint8Array(await (await cache.match(request)).arrayBuffer());
      bytes[bytes.length >> 1] ^= 1;
      await cache.put(request, new Response(bytes));
    }
  }
}

test("a second visit does not ask for the SRS", async () => {
  const first = await visit(visitor);
  assert.equal(first.asked, 1);
  const second = await visit(visitor);
  assert.equal(second.asked, 0);
  assert.equal(await verifyNatively(entry, second.proof, CONTEXT), 0);
});

test("what is kept is the file, once", async () => {
  const { given } = await visit(visitor, {}, keptFiles);
  assert.deepEqual(given, [[...(await readFile(join(DIST, "artifacts", entry.srs)))]]);
});

test("a kept file that was altered is thrown away and replaced", async () => {
  const altered = await visit(visitor, {}, corrupt);
  assert.equal(altered.asked, 1);
  assert.equal(await verifyNatively(entry, altered.proof, CONTEXT), 0);
  assert.equal((await visit(visitor)).asked, 0);
});

test("a file with another digest is refused, and does not replace the one that is kept", async () => {
  const srsDigest = entry.srsDigest.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
  const refused = await visit(visitor, { srsDigest });
  assert.equal(refused.code, "integrity");
  assert.equal(refused.details.expected, srsDigest);
  assert.equal(refused.details.got, entry.srsDigest);
  assert.equal(refused.asked, 1);
  assert.equal((await visit(visitor)).asked, 0);
});

test("a digest that is none is refused before anything is asked for", async () => {
  for (const name of ["modelDigest", "vkDigest", "srsDigest"]) {
    for (const digest of ["", "00", entry[name].toUpperCase(), `${entry[name]}00`]) {
      const { code, details, asked } = await visit(visitor, { [name]: digest });
      assert.deepEqual([code, details.option, asked], ["option", name, 0], digest);
    }
  }
});

test("the model and its key are refused too if they have other digests, and are not kept", async () => {
  const { modelDigest, vkDigest } = entry;
  const context = await browser.newContext();
  const named = await visit(context, { modelDigest, vkDigest });
  assert.equal(await verifyNatively(entry, named.proof, CONTEXT), 0);
  for (const [name, file] of [["modelDigest", entry.hush], ["vkDigest", entry.vk]]) {
    const digest = entry[name].replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
    const { code, details } = await visit(context, { modelDigest, vkDigest, [name]: digest });
    assert.equal(code, "integrity");
    assert.deepEqual([details.expected, details.got], [digest, entry[name]]);
    assert.ok(details.url.endsWith(file), details.url);
  }
  assert.equal((await visit(context, { keepSrs: false }, keptFiles)).given.length, 1, "the SRS alone");
  await context.close();
});

test("keepSrs: false keeps nothing and reads nothing that is kept", async () => {
  const context = await browser.newContext();
  for (let visits = 0; visits < 2; visits++) assert.ok((await visit(context, { keepSrs: false })).asked > 0);
  assert.deepEqual((await visit(context, { keepSrs: false }, keptFiles)).given, []);
  await visit(context);
  assert.ok((await visit(context, { keepSrs: false })).asked > 0);
});

test("storage that is missing, blocked or full falls back to the download", async () => {
  const withoutStorage = [
    () => void delete window.caches && delete Window.prototype.caches,
    () => void (CacheStorage.prototype.open = () => Promise.reject(new DOMException("blocked", "SecurityError"))),
    () => void (Cache.prototype.put = () => Promise.reject(new DOMException("full", "QuotaExceededError"))),
    () => void (Cache.prototype.match = () => Promise.reject(new DOMException("broken", "UnknownError"))),
  ];
  for (const prepare of withoutStorage) {
    const context = await browser.newContext();
    for (let visits = 0; visits < 2; visits++) {
      const { proof, asked } = await visit(context, {}, prepare);
      assert.ok(asked > 0, String(prepare));
      assert.equal(await verifyNatively(entry, proof, CONTEXT), 0);
    }
    await context.close();
  }
});

test("the page passes the digest: it does not ask for the SRS again when reloaded", async () => {
  const page = await openSite(browser, site.url);
  const from = site.requests.length;
  await page.reload();
  await page.locator("#status[data-state=ready]").waitFor({ state: "attached" });
  const asked = site.requests.slice(from).filter(({ url }) => url.endsWith(".srs"));
  assert.deepEqual(asked, []);
  assert.deepEqual(page.complaints, []);
});
