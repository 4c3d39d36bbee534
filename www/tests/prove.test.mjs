// The shipped page proves with threads and without, and both verifiers accept what is right and reject what is not.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chooseModel, fillExample, launch, measured, openSite, proveOnPage, verifyOnPage } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";
import { DIST, readCatalog, serveNatively, verifyNatively } from "./support/site.mjs";
import { tamperContext, tamperOutput, tamperProof } from "./support/tamper.mjs";

const catalog = await readCatalog();
let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

describe("served by the native program", () => {
  let site;
  let page;
  before(async () => {
    site = await serveNatively();
    page = await openSite(browser, site.url);
  });
  after(() => site?.close());

  for (const entry of catalog) {
    test(`${entry.id}: proves with threads, both verifiers accept`, async () => {
      await chooseModel(page, entry);
      for (const [index, example] of entry.examples.entries()) {
        await fillExample(page, index);
        const { proof, context, answer } = await proveOnPage(page);
        assert.ok(answer.endsWith(`: ${example.label}`), `${answer} for the example ${example.label}`);
        assert.ok(Number(await measured(page, "Threads")) > 1, "the page is isolated, so it should use threads");
        assert.equal(await verifyNatively(entry, proof, context), 0);
        const { state, text } = await verifyOnPage(page, proof, context);
        assert.equal(state, "valid", text);
        assert.ok(text.includes(answer), `${text} should repeat ${answer}`);
      }
      assert.deepEqual(page.complaints, []);
    });

    test(`${entry.id}: what was tampered with is rejected by both verifiers`, async () => {
      await chooseModel(page, entry);
      await fillExample(page);
      const { proof, context } = await proveOnPage(page);
      const otherContext = context.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
      const cases = [
        ["proof bytes", tamperProof(proof), context],
        ["output", tamperOutput(proof), context],
        ["context", proof, otherContext],
        ["no context", proof, ""],
        ["context, in the file as well", tamperContext(proof, otherContext), otherContext],
      ];
      for (const [what, changed, givenContext] of cases) {
        const { state, text } = await verifyOnPage(page, changed, givenContext);
        assert.equal(state, "invalid", `${what}: ${text}`);
        assert.equal(await verifyNatively(entry, changed, givenContext), 1, what);
      }
      assert.equal((await verifyOnPage(page, proof, context)).state, "valid");
    });
  }

  test("the button under a result verifies that proof", async () => {
    await fillExample(page);
    await proveOnPage(page);
    await page.locator("#verify-this").click();
    await page.locator("#verify-result[data-state=valid]").waitFor();
  });

  test("a development setup is announced", async () => {
    assert.ok(await page.locator("#development").isVisible());
  });
});

test("without the isolation headers it proves on one thread", async () => {
  const site = await serveFiles(DIST, { isolated: false });
  try {
    const page = await openSite(browser, site.url);
    for (const entry of catalog) {
      await chooseModel(page, entry);
      await fillExample(page);
      const { proof, context } = await proveOnPage(page);
      assert.equal(await measured(page, "Threads"), "1");
      assert.match(await page.locator("#facts").textContent(), /isolation headers/);
      assert.equal(await verifyNatively(entry, proof, context), 0);
      assert.equal((await verifyOnPage(page, proof, context)).state, "valid");
    }
    assert.ok(!site.requests.some(({ url }) => url.includes("/pkg/threads/")), "the build with threads is not downloaded");
    assert.deepEqual(page.complaints, []);
  } finally {
    await site.close();
  }
});
