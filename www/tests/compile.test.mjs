// Models are compiled in the browser: to the bytes of the native compiler, without a request, and with errors in words.
import assert from "node:assert/strict";
import { readFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openApi } from "./support/api.mjs";
import { launch, openSite, proveOnPage, ready, verifyOnPage } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";
import { compileNatively, DIST, MODELS, verifyNatively } from "./support/site.mjs";

const SCREENSHOTS = process.env.SCREENSHOT_DIR;
const CONTEXT = "5a".repeat(32);
let browser;
let site;
before(async () => {
  browser = await launch();
  site = await serveFiles(DIST, { isolated: true });
  if (SCREENSHOTS) await mkdir(SCREENSHOTS, { recursive: true });
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** A network of `models/small` with the rows of its reference. */
async function small(name) {
  const { inputs } = JSON.parse(await readFile(join(MODELS, `small/${name}.json`), "utf8"));
  return { name, onnx: join(MODELS, `small/${name}.onnx`), rows: Buffer.from(JSON.stringify(inputs)) };
}

/** A bundled model with its calibration rows. */
async function bundled(name, rows) {
  return { name, onnx: join(MODELS, `${name}.onnx`), rows: await readFile(join(MODELS, rows)) };
}

/** An `.npy` file of float64 values. */
function npy(shape, values) {
  const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(", ")},), }\n`;
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length, 0]);
  return Buffer.concat([start, Buffer.from(header), Buffer.from(Float64Array.from(values).buffer)]);
}

/** A network of which several nodes have an operator that does not exist. */
async function unsupported() {
  const bytes = await readFile(join(MODELS, "small/lenet_like.onnx"));
  return Buffer.from(bytes.toString("latin1").replaceAll("Relu", "Rexu"), "latin1");
}

/** Gives a page the files of a network as addresses. */
async function offer(page, { onnx, rows }) {
  await page.unroute("**/offered/*").catch(() => {});
  await page.route("**/offered/model.onnx", async (route) => route.fulfill({ body: typeof onnx === "string" ? await readFile(onnx) : onnx }));
  await page.route("**/offered/rows", (route) => route.fulfill({ body: rows }));
}

/** Runs in the page: what the compiler makes of the offered files, or the error. */
async function compileOffered(options) {
  const { compileModel } = await import("/pkg/lib/index.js");
  const base64 = (bytes) => bytes && btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  try {
    const { hush, vk, srs, ...rest } = await compileModel("/offered/model.onnx", { calibration: "/offered/rows", ...options });
    return { hush: base64(hush), vk: base64(vk), srs: base64(srs), ...rest };
  } catch ({ name, code, message, details }) {
    return { name, code, message, details };
  }
}

describe("compiled in the browser", () => {
  let page;
  before(async () => (page = await openApi(browser, site.url)));
  after(() => page?.close());

  const networks = [
    bundled("breast_cancer_logreg", "breast_cancer_calibration.json"),
    bundled("breast_cancer_mlp", "breast_cancer_calibration.npz"),
    bundled("digits_cnn", "digits_calibration.npz"),
    // Tables of exponentials, error functions and hyperbolic tangents; products; searches of every kind.
    ...["sigmoid_hidden", "threshold", "gelu", "gelu_erf", "tanh", "silu", "hardswish", "attention1", "se_block", "prelu", "lenet_like"].map(small),
  ];
  test("the bytes are those of the native compiler", async () => {
    for (const network of await Promise.all(networks)) {
      await offer(page, network);
      const compiled = await page.evaluate(compileOffered, {});
      assert.equal(compiled.message, undefined, network.name);
      const native = await compileNatively(network.onnx, network.rows);
      assert.equal(compiled.hush, native.toString("base64"), network.name);
      assert.equal(compiled.report.bytes, native.length);
      assert.ok(compiled.report.k >= 4 && compiled.prediction.browserSeconds > 0 && compiled.memoryBytes > 0);
    }
  });

  test("options are those of the command line", async () => {
    const network = await small("lenet_like");
    await offer(page, network);
    const compiled = await page.evaluate(compileOffered, { output: "argmax", bits: 9, margin: 2, prefer: "columns" });
    const native = await compileNatively(network.onnx, network.rows, ["--output", "argmax", "--bits", "9", "--margin", "2", "--prefer", "columns"]);
    assert.equal(compiled.hush, native.toString("base64"));
  });

  test("a target that is missed is an error with the figures of each output, unless it is accepted", async () => {
    const network = await small("lenet_like");
    await offer(page, network);
    const missed = await page.evaluate(compileOffered, { maxError: 1e-12 });
    assert.deepEqual([missed.name, missed.code], ["HushproofError", "accuracy"], missed.message);
    const { rows, outOfRange, outputs } = missed.details;
    assert.ok(rows > 0 && outOfRange === 0);
    assert.deepEqual(outputs.map(({ met, max_abs_error }) => [met, max_abs_error > 0]), [[false, true]]);
    const compiled = await page.evaluate(compileOffered, { maxError: 1e-12, acceptError: true });
    assert.equal(compiled.report.met, false);
    const native = await compileNatively(network.onnx, network.rows, ["--max-error", "1e-12", "--accept-error"]);
    assert.equal(compiled.hush, native.toString("base64"));
    const both = await page.evaluate(compileOffered, { maxError: 1, target: "class" });
    assert.deepEqual([both.code, both.details.option], ["option", "maxError"]);
  });

  test("a prediction is what a proof shows", async () => {
    const network = await bundled("breast_cancer_mlp", "breast_cancer_calibration.json");
    await offer(page, network);
    const { predicted, alone, proved, far } = await page.evaluate(async () => {
      const { compileModel, predict, ProvingSession } = await import("/pkg/lib/index.js");
      const rows = await (await fetch("/offered/rows")).json();
      const { hush, vk, srs } = await compileModel("/offered/model.onnx", { calibration: rows, srs: "development" });
      const inputs = { record: rows.record[3] };
      const session = await ProvingSession.create({ model: hush, vk, srs });
      const [predicted, proved] = [await session.predict(inputs), await session.prove(inputs)];
      session.close();
      const alone = await predict({ model: hush, inputs });
      const far = await predict({ model: hush, inputs: { record: rows.record[3].with(0, 1e9) } }).catch(({ code }) => code);
      return { predicted, alone, proved: proved.outputs, far };
    });
    assert.deepEqual(predicted, { outputs: proved });
    assert.deepEqual(alone, predicted);
    assert.equal(far, "input-range");
  });

  test("keys are made from a development SRS, and the native verifier accepts the proof", async () => {
    const network = await small("conv_threshold");
    await offer(page, network);
    const { vk, srsOrigin, proof, again } = await page.evaluate(async (context) => {
      const { compileModel, makeKeys, ProvingSession } = await import("/pkg/lib/index.js");
      const rows = await (await fetch("/offered/rows")).json();
      const { hush, vk, srs, srsOrigin } = await compileModel("/offered/model.onnx", { calibration: rows, srs: "development" });
      const session = await ProvingSession.create({ model: hush, vk, srs });
      const [name] = Object.keys(rows);
      const { proof } = await session.prove({ [name]: rows[name][0] }, { context });
      session.close();
      const again = await makeKeys({ model: hush, srs, threads: 1 });
      return { vk: [...vk], srsOrigin, proof, again: [...again.vk] };
    }, CONTEXT);
    assert.equal(srsOrigin, "development");
    assert.deepEqual(again, vk, "the same key on one thread");
    assert.equal(await verifyNatively({ vk: Buffer.from(vk) }, proof, CONTEXT), 0);
  });

  test("who verifies is told public inputs", async () => {
    const network = await small("conv_threshold");
    await offer(page, network);
    const { inputs, given, verified } = await page.evaluate(async (context) => {
      const { compileModel, ProvingSession, verifyDetailed } = await import("/pkg/lib/index.js");
      const rows = await (await fetch("/offered/rows")).arrayBuffer();
      const options = { calibration: rows, input: "public", srs: "development" };
      const { hush, vk, srs } = await compileModel("/offered/model.onnx", options);
      const session = await ProvingSession.create({ model: hush, vk, srs });
      const [[name, [row]]] = Object.entries(JSON.parse(new TextDecoder().decode(rows)));
      const { proof } = await session.prove({ [name]: row }, { context });
      const verified = [await session.verify(proof, { context }), await verifyDetailed({ vk, proof, context })];
      session.close();
      const inputs = session.info.inputs.map(({ name, min, max }) => ({ name, step: (max[0] - min[0]) / 8 }));
      return { inputs, given: row.flat(Infinity), verified: verified.map(({ inputs }) => inputs) };
    }, CONTEXT);
    const [{ name, step }] = inputs;
    assert.deepEqual(verified[0], verified[1]);
    assert.deepEqual(Object.keys(verified[0]), [name]);
    assert.equal(verified[0][name].length, given.length);
    for (const [index, value] of verified[0][name].entries()) assert.ok(Math.abs(value - given[index]) <= step, String(index));
  });

  test("all unsupported operators are listed at once, by node", async () => {
    await offer(page, { onnx: await unsupported(), rows: "{}" });
    const { name, code, details } = await page.evaluate(compileOffered, {});
    assert.equal(`${name}/${code}`, "HushproofError/unsupported-operators");
    assert.ok(details.operators.length >= 2, JSON.stringify(details));
    for (const { node, op } of details.operators) assert.ok(node && op === "Rexu");
  });

  test("files that cannot be used are refused with a code", async () => {
    const { onnx, rows } = await small("residual");
    const shape = Object.values(JSON.parse(rows))[0];
    const one = shape.slice(0, 1).flat(Infinity);
    const cases = [
      ["not-onnx", { onnx: Buffer.from("no model at all"), rows }],
      ["not-onnx", { onnx: (await readFile(onnx)).subarray(0, 200), rows }],
      ["external-data", { onnx: join(MODELS, "small/external_data.onnx"), rows }],
      ["dynamic-shape", { onnx: join(MODELS, "small/dynamic_inner.onnx"), rows }],
      ["artifact", { onnx, rows: "not JSON" }],
      ["input-name", { onnx, rows: '{"other": [[1]]}' }],
      ["input-shape", { onnx, rows: npy([2, one.length + 1], new Array(2 * one.length + 2).fill(0)) }],
      ["input-value", { onnx, rows: npy([1, ...dims(shape[0])], one.with(1, Number.NaN)) }],
    ];
    for (const [expected, files] of cases) {
      await offer(page, files);
      const { code, message } = await page.evaluate(compileOffered, {});
      assert.equal(code, expected, message);
    }
    await offer(page, { onnx, rows });
    for (const [option, options] of [["bits", { bits: 99 }], ["margin", { margin: 0.5 }], ["output", { output: "nothing" }], ["bit", { bit: 8 }]]) {
      const { code, details } = await page.evaluate(compileOffered, options);
      assert.deepEqual([code, details.option], ["option", option]);
    }
    const nan = await page.evaluate(async () => {
      const { compileModel } = await import("/pkg/lib/index.js");
      const rows = await (await fetch("/offered/rows")).json();
      const [name] = Object.keys(rows);
      const broken = JSON.parse(JSON.stringify(rows[name]), (_, value) => (value === rows[name].flat(Infinity)[0] ? Number.NaN : value));
      return compileModel("/offered/model.onnx", { calibration: { [name]: broken } }).catch(({ code }) => code);
    });
    assert.equal(nan, "calibration");
  });

  test("an abort terminates the worker, and another compiler works", async () => {
    await offer(page, await bundled("digits_cnn", "digits_calibration.npz"));
    const outcome = await page.evaluate(async () => {
      const { compileModel, ModelCompiler } = await import("/pkg/lib/index.js");
      const calibration = "/offered/rows";
      const controller = new AbortController();
      let aborted;
      const onProgress = (stage) => {
        if (stage !== "search") return;
        aborted = performance.now();
        controller.abort();
      };
      const code = await compileModel("/offered/model.onnx", { calibration, signal: controller.signal, onProgress }).catch((error) => error.code);
      const delay = performance.now() - aborted;
      const compiler = await ModelCompiler.create();
      const info = await compiler.read("/offered/model.onnx");
      const { length } = await compiler.rows(calibration);
      compiler.close();
      const closed = await compiler.compile({ calibration }).catch((error) => error.code);
      return { code, delay, info, length, closed };
    });
    assert.equal(outcome.code, "cancelled");
    assert.ok(outcome.delay < 500, `rejected ${outcome.delay} ms after the abort`);
    assert.ok(outcome.info.operators.Conv > 0 && outcome.info.parameters > 0);
    assert.ok(outcome.length > 1);
    assert.notEqual(outcome.closed, undefined);
  });
});

describe("on the page", () => {
  const choose = async (page, id, name, content) => {
    await page.locator(id).setInputFiles({ name, mimeType: "application/octet-stream", buffer: content });
    await page.locator("#own-status[data-state=ready], #own-status[data-state=error]").waitFor({ state: "attached" });
  };
  const settled = async (page, from) => {
    await page.locator(`#own-status[data-state=${from}]`).waitFor({ state: "attached", timeout: 5000 }).catch(() => {});
    await page.locator("#own-status[data-state=ready], #own-status[data-state=error]").waitFor({ state: "attached" });
    const error = page.locator("#own-error");
    if (await error.isVisible()) throw new Error(`the page says: ${await error.textContent()}`);
  };

  for (const [name, options] of [
    ["phone", { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true }],
    ["phone-dark", { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true, colorScheme: "dark" }],
    ["desktop", { viewport: { width: 1100, height: 900 } }],
  ]) {
    test(`${name}: from an ONNX file to a verified proof, without a request for anything but program files`, async () => {
      const { onnx, rows } = await bundled("breast_cancer_mlp", "breast_cancer_calibration.npz");
      const page = await openSite(browser, site.url, options);
      const before = site.requests.length;
      await choose(page, "#own-model", "mine.onnx", await readFile(onnx));
      const loaded = site.requests.length;
      assert.ok(site.requests.slice(before).some(({ url }) => url.startsWith("/pkg/compiler/")), "the compiler is downloaded when it is needed");
      await choose(page, "#own-samples", "rows.npz", rows);
      await page.locator("#own-compile").click();
      await settled(page, "compiling");
      await page.waitForTimeout(200);
      assert.deepEqual(site.requests.slice(loaded).map(({ url }) => url), []);
      assert.match(await page.locator("#own-measured").textContent(), /100 of 100 sample rows/);
      await page.locator("#own-use").click();
      await settled(page, "keys");
      await ready(page);
      assert.equal(await page.locator("#model option:checked").textContent(), "Your model: mine.onnx");
      assert.ok(await page.locator("#development").isVisible(), "the setup drawn here is named for what it is");
      await page.locator("#sample").fill("3");
      await page.locator("#examples button").click();
      const { proof, context } = await proveOnPage(page);
      const { state, text } = await verifyOnPage(page, proof, context);
      assert.equal(state, "valid", text);
      if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/compile-${name}.png`, fullPage: true });
      for (const { method, url, body } of site.requests.slice(before)) {
        assert.equal(method, "GET");
        assert.match(url, /^\/(assets|pkg)\/[\w./-]+$/, "a static program file without a query");
        assert.equal(body, "");
      }
      const { scroll, width } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, width: window.innerWidth }));
      assert.ok(scroll <= width, `${scroll} px wide on a screen of ${width} px`);
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    });
  }

  test("what is wrong is said in words, and Cancel stops the compiler", async () => {
    const page = await openSite(browser, site.url);
    const said = () => page.locator("#own-error").textContent();
    await choose(page, "#own-model", "broken.onnx", Buffer.from("no model at all"));
    assert.match(await said(), /^Not an ONNX model/);
    assert.ok(await page.locator("#own-compile").isDisabled());
    await choose(page, "#own-model", "unsupported.onnx", await unsupported());
    assert.match(await said(), /operators of this model are not supported/);
    assert.ok((await page.locator("#own-error li").count()) >= 2);
    const { onnx, rows } = await bundled("digits_cnn", "digits_calibration.npz");
    await choose(page, "#own-model", "digits.onnx", await readFile(onnx));
    assert.ok(await page.locator("#own-error").isHidden());
    await choose(page, "#own-samples", "rows.json", Buffer.from('{"image": [[1, 2, 3]]}'));
    assert.match(await said(), /has shape \[1, 3\], expected \[rows/);
    await choose(page, "#own-samples", "rows.npz", rows);
    await page.evaluate(() => {
      document.querySelector("#own-compile").click();
      document.querySelector("#own-cancel").click();
    });
    await settled(page, "compiling");
    assert.equal(await page.locator("#own-status").textContent(), "Cancelled.");
    await page.locator("#own-compile").click();
    await settled(page, "compiling");
    assert.ok(await page.locator("#own-report").isVisible());
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
});

/** The shape of a nested array. */
function dims(value) {
  return Array.isArray(value) ? [value.length, ...dims(value[0])] : [];
}
