// Cancelling stops the work at once, and the page and the session stay usable.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fillExample, launch, openSite, proveAndCancel, proveOnPage, PROVE_TIMEOUT } from "./support/browser.mjs";
import { openApi } from "./support/api.mjs";
import { readCatalog, serveNatively, verifyNatively } from "./support/site.mjs";

const catalog = await readCatalog();
let browser;
let site;
before(async () => {
  browser = await launch();
  site = await serveNatively();
});
after(async () => {
  await browser?.close();
  await site?.close();
});

test("the Cancel button stops a proof, and the next proof is good", async () => {
  const page = await openSite(browser, site.url);
  await fillExample(page);
  await proveAndCancel(page);
  await page.locator("#status[data-state=ready]").waitFor({ state: "attached" });
  assert.match(await page.locator("#status").textContent(), /Cancelled/);
  assert.ok(await page.locator("#result").isHidden());
  const { proof, context } = await proveOnPage(page);
  assert.equal(await verifyNatively(catalog[0], proof, context), 0);
  assert.deepEqual(page.complaints, []);
});

test("aborting after the first progress rejects at once and terminates the worker", async () => {
  const page = await openApi(browser, site.url);
  const outcome = await page.evaluate(async (entry) => {
    const { ProvingSession, verify } = await import("/pkg/lib/index.js");
    const artifact = (path) => new URL(path, `${location.origin}/artifacts/`);
    const session = await ProvingSession.create({ model: artifact(entry.hush), vk: artifact(entry.vk), srs: artifact(entry.srs) });
    const inputs = { [entry.input.name]: entry.examples[0].record };
    const controller = new AbortController();
    let aborted;
    const stages = [];
    const onProgress = (stage) => {
      stages.push(stage);
      aborted ??= performance.now();
      controller.abort();
    };
    const first = session.prove(inputs, { signal: controller.signal, onProgress });
    const queued = session.prove(inputs, { context: "02" });
    const code = await first.then(() => "proved", (error) => `${error.name}/${error.code}`);
    const delay = performance.now() - aborted;
    const { proof } = await queued;
    const ok = await verify({ vk: artifact(entry.vk), proof, context: "02" });
    const late = await session.prove(inputs, { signal: AbortSignal.abort() }).catch((error) => error.code);
    session.close();
    const closed = await session.prove(inputs).catch((error) => error.code);
    return { code, delay, stages, ok, late, closed };
  }, catalog[0]);
  assert.equal(outcome.code, "HushproofError/cancelled");
  assert.ok(outcome.delay < 500, `rejected ${outcome.delay} ms after the abort`);
  assert.ok(outcome.stages.length > 0);
  assert.equal(outcome.ok, true);
  assert.equal(outcome.late, "cancelled");
  assert.equal(outcome.closed, "closed");
}, { timeout: PROVE_TIMEOUT });

test("an aborted create rejects and a queued call can be cancelled without harm to the one under way", async () => {
  const page = await openApi(browser, site.url);
  const outcome = await page.evaluate(async (entry) => {
    const { ProvingSession } = await import("/pkg/lib/index.js");
    const artifact = (path) => new URL(path, `${location.origin}/artifacts/`);
    const files = { model: artifact(entry.hush), vk: artifact(entry.vk), srs: artifact(entry.srs) };
    const controller = new AbortController();
    const create = await ProvingSession.create({ ...files, signal: controller.signal, onProgress: (stage) => stage === "start" && controller.abort() }).catch(
      (error) => error.code,
    );
    const session = await ProvingSession.create(files);
    const inputs = { [entry.input.name]: entry.examples[0].record };
    const queuedController = new AbortController();
    const running = session.prove(inputs);
    const queued = session.prove(inputs, { signal: queuedController.signal }).catch((error) => error.code);
    queuedController.abort();
    const result = { create, queued: await queued, proofBytes: (await running).proof.length };
    session.close();
    return result;
  }, catalog[0]);
  assert.equal(outcome.create, "cancelled");
  assert.equal(outcome.queued, "cancelled");
  assert.ok(outcome.proofBytes > 0);
}, { timeout: PROVE_TIMEOUT });
