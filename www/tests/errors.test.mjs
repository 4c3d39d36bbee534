// What goes wrong is said in words on the page and by a stable code in the API.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openApi } from "./support/api.mjs";
import { chooseModel, fillExample, launch, openSite, proveOnPage, verifyOnPage } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";
import { DIST, readCatalog, serveNatively } from "./support/site.mjs";

const catalog = await readCatalog();
const [entry, other] = catalog;
const record = entry.examples[0].record;
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

describe("on the page", () => {
  let page;
  before(async () => (page = await openSite(browser, site.url)));

  const errorText = async () => {
    await page.locator("#error:visible").waitFor();
    return page.locator("#error").textContent();
  };
  const paste = async (text) => {
    await page.locator("#load").evaluate((details) => (details.open = true));
    await page.locator("#paste").fill(text);
    await page.locator("#paste-apply").click();
  };
  const second = entry.input.features?.[1] ?? "Value 2";

  test("a value outside the calibrated range names the field and the range", async () => {
    await fillExample(page);
    await page.locator("#fields input").nth(1).fill("1e7");
    await page.locator("#prove").click();
    assert.match(await errorText(), new RegExp(`^${second}: outside the range this model was prepared for \\(.+ to .+\\)`));
    assert.equal(await page.locator("#fields input").nth(1).getAttribute("aria-invalid"), "true");
    assert.ok(await page.locator("#fields input").nth(1).evaluate((input) => input === document.activeElement));
  });

  test("NaN is refused in the form, in JSON and in CSV", async () => {
    await fillExample(page);
    await page.locator("#fields input").nth(1).fill("NaN");
    await page.locator("#prove").click();
    assert.match(await errorText(), new RegExp(`^${second}: this is not a number`));
    const withNaN = record.with(1, Number.NaN);
    for (const text of [`[${withNaN}]`, withNaN.join(","), `{"${entry.input.name}": [[${withNaN}]]}`]) {
      await paste(text);
      assert.match(await errorText(), new RegExp(`^${second}: this is not a number`), text);
    }
  });

  test("an empty field, a wrong count and a file that is no record are refused", async () => {
    await fillExample(page);
    await page.locator("#fields input").nth(1).fill("");
    await page.locator("#prove").click();
    assert.match(await errorText(), new RegExp(`^${second}: enter a number`));
    await paste(JSON.stringify(record.slice(1)));
    assert.match(await errorText(), new RegExp(`^Expected ${record.length} values, got ${record.length - 1}`));
    await page.locator("#record-file").setInputFiles(join(DIST, "artifacts", entry.hush));
    assert.match(await errorText(), /^(Expected|This)/);
  });

  test("records load as JSON, as EZKL's form, as CSV with and without a header, and as a file", async () => {
    const names = entry.input.features.map((name) => `"${name.replaceAll(",", "")}"`);
    const forms = [
      JSON.stringify(record),
      JSON.stringify({ [entry.input.name]: [record] }),
      JSON.stringify({ input_data: [record] }),
      record.join(","),
      record.join(";"),
      `${names.join(",")}\n${record.join(",")}\n`,
    ];
    for (const text of forms) {
      await page.locator("#fields input").first().fill("0");
      await paste(text);
      const filled = await page.locator("#fields input").evaluateAll((inputs) => inputs.map((input) => Number(input.value)));
      assert.deepEqual(filled, record);
    }
    await page.locator("#fields input").first().fill("0");
    await page.locator("#record-file").setInputFiles({ name: "record.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(record)) });
    await page.waitForFunction((first) => Number(document.querySelector("#fields input").value) === first, record[0]);
  });

  test("a context that is not hexadecimal is refused", async () => {
    await fillExample(page);
    await page.locator("#context").fill("xyz");
    await page.locator("#prove").click();
    assert.match(await errorText(), /hexadecimal/);
  });

  test("another model's proof and a file that is no proof are told apart from an invalid proof", async () => {
    await page.locator("#context").fill("");
    await fillExample(page);
    const { proof, context } = await proveOnPage(page);
    for (const text of ["", "{}", "[1,2]", "not json", proof.slice(0, -20)]) {
      const { state } = await verifyOnPage(page, text, context);
      assert.notEqual(state, "valid", text.slice(0, 20));
    }
    assert.equal((await verifyOnPage(page, "not json", context)).state, "error");
    await chooseModel(page, other);
    const wrong = await verifyOnPage(page, proof, context);
    assert.equal(wrong.state, "error");
    assert.match(wrong.text, /another model/);
  });
});

describe("in the API", () => {
  let page;
  before(async () => (page = await openApi(browser, site.url)));

  /** Codes of the errors that a session gives for bad inputs, and of sessions made from the wrong files. */
  test("inputs", async () => {
    const codes = await page.evaluate(async (entry) => {
      const { ProvingSession, HushproofError } = await import("/pkg/lib/index.js");
      const artifact = (path) => new URL(path, `${location.origin}/artifacts/`);
      const session = await ProvingSession.create({ model: artifact(entry.hush), srs: artifact(entry.srs), vk: artifact(entry.vk) });
      const { name } = entry.input;
      const record = entry.examples[0].record;
      const changed = (index, value) => record.map((old, i) => (i === index ? value : old));
      const code = (inputs, options) =>
        session.prove(inputs, options).then(
          () => "proved",
          (error) => (error instanceof HushproofError && error instanceof Error ? `${error.code} ${error.details.index ?? ""}`.trim() : "other"),
        );
      const codes = [
        await code({ [name]: changed(3, 1e9) }),
        await code({ [name]: changed(3, -1e9) }),
        await code({ [name]: changed(4, NaN) }),
        await code({ [name]: changed(5, Infinity) }),
        await code({ [name]: record.slice(1) }),
        await code({ [name]: [...record, 1] }),
        await code({ wrong: record }),
        await code({}),
        await code({ [name]: record.map(String) }),
        await code([record]),
        await code({ [name]: record }, { context: "abc" }),
        await code({ [name]: record }, { transcript: "sha256" }),
        await code({ [name]: new Float32Array(record) }),
        await code({ [name]: [new Float64Array(record)] }),
        await code({ [name]: [record] }),
      ];
      session.close();
      return codes;
    }, entry);
    assert.deepEqual(codes, [
      "input-range 3",
      "input-range 3",
      "input-value 4",
      "input-value 5",
      "input-shape",
      "input-shape",
      "input-name",
      "input-name",
      "input-value 0",
      "option",
      "option",
      "option",
      "proved",
      "proved",
      "proved",
    ]);
  });

  test("files and options", async () => {
    const bytesOf = async (name) => [...(await readFile(join(DIST, "artifacts", name)))];
    const [hush, srs] = [await bytesOf(entry.hush), await bytesOf(entry.srs)];
    const codes = await page.evaluate(
      async ({ entry, other, hush, srs }) => {
        const { ProvingSession, verify } = await import("/pkg/lib/index.js");
        const artifact = (path) => new URL(path, `${location.origin}/artifacts/`);
        const files = { model: artifact(entry.hush), vk: artifact(entry.vk), srs: artifact(entry.srs) };
        const code = (options) =>
          ProvingSession.create({ ...files, ...options }).then(
            (session) => (session.close(), "created"),
            (error) => error.code,
          );
        return {
          otherKey: await code({ vk: artifact(other.vk) }),
          modelAsKey: await code({ vk: files.model }),
          keyAsModel: await code({ model: files.vk }),
          srsAsModel: await code({ model: files.srs }),
          truncatedModel: await code({ model: new Uint8Array(hush.slice(0, -5)) }),
          changedModel: await code({ model: new Uint8Array(hush.map((byte, i) => (i === hush.length >> 1 ? byte ^ 1 : byte))) }),
          modelAsSrs: await code({ srs: files.model }),
          truncatedSrs: await code({ srs: new Uint8Array(srs.slice(0, -5)) }),
          changedSrs: await code({ srs: new Uint8Array(srs.map((byte, i) => (i === srs.length >> 1 ? byte ^ 1 : byte))) }),
          srsBytesOfAnotherDigest: await code({ srs: new Uint8Array(srs.slice(0, -5)), srsDigest: entry.srsDigest }),
          srsBytesOfItsDigest: await code({ srs: new Uint8Array(srs), srsDigest: entry.srsDigest }),
          missing: await code({ model: artifact("missing.hush") }),
          missingWasm: await code({ wasm: new URL("/nowhere/", location.origin) }),
          noThreads: await code({ threads: 0 }),
          misspelt: await code({ srsdigest: entry.srsDigest }),
          buffers: await code({ model: new Uint8Array(hush).buffer, srs: new DataView(new Uint8Array(srs).buffer) }),
          bytesWithoutKey: await ProvingSession.create({ model: new Uint8Array(hush), srs: files.srs }).catch((error) => error.code),
          bytes: await code({ model: new Uint8Array(hush) }),
          noMemory: await code({ maxMemoryBytes: 1 }),
          unreadableProof: await verify({ vk: files.vk, proof: "{", context: "00" }).catch((error) => error.code),
        };
      },
      { entry, other, hush, srs },
    );
    assert.deepEqual(codes, {
      otherKey: "key-mismatch",
      modelAsKey: "artifact",
      keyAsModel: "artifact",
      srsAsModel: "artifact",
      truncatedModel: "artifact",
      changedModel: "artifact",
      modelAsSrs: "artifact",
      truncatedSrs: "artifact",
      changedSrs: "artifact",
      srsBytesOfAnotherDigest: "integrity",
      srsBytesOfItsDigest: "created",
      missing: "network",
      missingWasm: "network",
      noThreads: "option",
      misspelt: "option",
      buffers: "created",
      bytesWithoutKey: "option",
      bytes: "created",
      noMemory: "option",
      unreadableProof: "artifact",
    });
  });

  test("running out of memory is an error at every size, in whichever thread it happens, and never a hang", async () => {
    const { outcomes, again } = await page.evaluate(async (entry) => {
      const { ProvingSession } = await import("/pkg/lib/index.js");
      const artifact = (path) => new URL(path, `${location.origin}/artifacts/`);
      const files = { model: artifact(entry.hush), vk: artifact(entry.vk), srs: artifact(entry.srs), threads: 2 };
      const attempt = async (maxMemoryBytes) => {
        const session = await ProvingSession.create({ ...files, maxMemoryBytes });
        try {
          return await session.prove({ [entry.input.name]: entry.examples[0].record });
        } finally {
          session.close();
        }
      };
      const enough = (await attempt()).memoryBytes;
      const outcomes = [];
      // Whatever ran out, the same page proves right after.
      const again = [];
      for (const part of [0.5, 0.7, 0.8, 0.9, 0.95]) {
        const bytes = Math.max(2 ** 23, enough * part);
        outcomes.push(await attempt(bytes).then(() => "proved", (error) => error.code));
        again.push(await attempt().then(() => "proved", (error) => error.code));
      }
      return { outcomes, again };
    }, entry);
    assert.equal(outcomes[0], "out-of-memory");
    assert.deepEqual(new Set(again), new Set(["proved"]));
    assert.deepEqual(outcomes.filter((outcome) => outcome !== "proved" && outcome !== "out-of-memory"), []);
  });

  test("threads on a page without isolation", async () => {
    const plain = await serveFiles(DIST, { isolated: false });
    try {
      const bare = await openApi(browser, plain.url);
      const outcome = await bare.evaluate(async (entry) => {
        const { ProvingSession, isIsolated } = await import("/pkg/lib/index.js");
        const artifact = (path) => new URL(path, `${location.origin}/artifacts/`);
        const files = { model: artifact(entry.hush), vk: artifact(entry.vk), srs: artifact(entry.srs) };
        const demanded = await ProvingSession.create({ ...files, threads: 2 }).catch((error) => error.code);
        const session = await ProvingSession.create(files);
        const result = { demanded, isolated: [isIsolated(), session.isolated], threads: session.threads };
        session.close();
        return result;
      }, entry);
      assert.deepEqual(outcome, { demanded: "missing-isolation", isolated: [false, false], threads: 1 });
    } finally {
      await plain.close();
    }
  });
});
