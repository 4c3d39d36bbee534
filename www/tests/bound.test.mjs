// Which private weights a proof is about, in the browser: proofs that are bound to what the native program committed to, and
// whatever is about other weights, or does not say, refused; no random row is in what others see.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openApi } from "./support/api.mjs";
import { launch } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";
import { DIST, MODELS, commitModelNatively, signModelNatively, verifyNatively } from "./support/site.mjs";

const ONNX = join(MODELS, "small/argmax3.onnx");
const { inputs: ROWS } = JSON.parse(await readFile(join(MODELS, "small/argmax3.json"), "utf8"));

let browser;
let site;
/** Keeps the session and the files between calls. */
let page;
let files;
/** Two commitments to the model, each with what hides the weights. */
let own;
let again;
before(async () => {
  browser = await launch();
  site = await serveFiles(DIST, { isolated: true });
  page = await openApi(browser, site.url);
  const onnx = [...(await readFile(ONNX))];
  files = await page.evaluate(async ({ onnx, rows }) => {
    const { ProvingSession, compileModel } = await import("/pkg/lib/index.js");
    const { hush, vk, srs } = await compileModel(Uint8Array.from(onnx), { calibration: rows, weights: "private", srs: "development" });
    const session = await ProvingSession.create({ model: hush, vk, srs });
    const input = { [session.info.inputs[0].name]: Object.values(rows)[0][0] };
    Object.assign(globalThis, { session, vk, srs, input });
    return { hush: [...hush], vk: [...vk], srs: [...srs] };
  }, { onnx, rows: ROWS });
  [own, again] = await Promise.all([commitModelNatively(files), commitModelNatively(files)]);
});
after(async () => {
  await browser?.close();
  await site?.close();
});

test("a proof says which model it is about, and whoever verifies checks it", async () => {
  const outcome = await page.evaluate(async (own) => {
    const { verify, verifyDetailed } = await import("/pkg/lib/index.js");
    const { session, vk, input } = globalThis;
    const proved = await session.prove(input, { context: "00", modelOpening: own.opening });
    const keccak = await session.prove(input, { context: "01", transcript: "keccak", modelOpening: JSON.parse(own.opening) });
    const given = { vk, proof: proved.proof, context: "00" };
    const said = await verifyDetailed({ ...given, model: own.id });
    return {
      proofs: [proved.proof, keccak.proof],
      ids: [proved.modelId, keccak.modelId, said.modelId],
      outputs: [proved.outputs, said.outputs],
      inSession: (await session.verify(proved.proof, { context: "00", model: JSON.parse(own.id) })).modelId,
      unasked: (await verifyDetailed(given)).modelId ?? "not told",
      valid: [await verify({ ...given, model: own.id }), await verify({ vk, proof: keccak.proof, context: "01", model: own.id })],
    };
  }, own);
  const { id } = JSON.parse(own.id);
  assert.deepEqual(outcome.ids, [id, id, id]);
  assert.deepEqual([outcome.inSession, outcome.unasked], [id, "not told"]);
  assert.deepEqual(outcome.outputs[0], outcome.outputs[1]);
  assert.deepEqual(outcome.valid, [true, true]);
  const vk = Buffer.from(files.vk);
  for (const [index, proof] of outcome.proofs.entries()) {
    assert.equal(await verifyNatively({ vk }, proof, `0${index}`, undefined, own.id), 0);
    assert.equal(await verifyNatively({ vk }, proof, `0${index}`, undefined, again.id), 1);
    assert.equal(JSON.parse(proof).binding.length, 2 * 224);
  }
});

test("a proof about other weights, or about any, is not taken", async () => {
  const codes = await page.evaluate(async ([own, again, rows, onnx]) => {
    const { ProvingSession, compileModel, verify, verifyDetailed } = await import("/pkg/lib/index.js");
    const { session, vk, srs, input } = globalThis;
    const code = (promise) =>
      promise.then(
        ({ modelId }) => modelId ?? "unchecked",
        ({ code, details }) => (details.option === undefined ? code : `${code} ${details.option}`),
      );
    const prove = (context) => session.prove(input, { context, modelOpening: own.opening });
    const [one, two] = [(await prove("00")).proof, (await prove("00")).proof];
    const plain = (await session.prove(input, { context: "00" })).proof;
    const changed = (change) => JSON.stringify({ ...JSON.parse(one), ...change });
    const given = { vk, proof: one, context: "00", model: own.id };
    const [id, opening] = [JSON.parse(own.id), JSON.parse(own.opening)];
    const [first, second, ...rest] = opening.random_rows;
    const swapped = { ...opening, random_rows: [second, first, ...rest] };
    const elsewhere = await compileModel(Uint8Array.from(onnx), { calibration: rows, srs });
    const other = await ProvingSession.create({ model: elsewhere.hush, vk: elsewhere.vk, srs });
    const otherProof = (await other.prove(input, { context: "00" })).proof;
    return {
      taken: (await code(verifyDetailed(given))) === id.id,
      unbound: await code(verifyDetailed({ ...given, proof: plain })),
      unboundIsInvalid: await verify({ ...given, proof: plain }),
      otherModel: await code(verifyDetailed({ ...given, model: again.id })),
      otherModelInSession: await code(session.verify(one, { context: "00", model: again.id })),
      otherProof: await code(verifyDetailed({ ...given, proof: changed({ binding: JSON.parse(two).binding }) })),
      halfABinding: await code(verifyDetailed({ ...given, proof: changed({ binding: undefined }) })),
      otherContext: await code(verifyDetailed({ ...given, context: "01" })),
      otherKey: await code(verifyDetailed({ ...given, vk: elsewhere.vk, proof: otherProof })),
      otherId: await code(verifyDetailed({ ...given, model: { ...id, id: JSON.parse(again.id).id } })),
      openingInItsPlace: await code(verifyDetailed({ ...given, model: own.opening })),
      unset: await code(verifyDetailed({ ...given, model: undefined })),
      number: await code(session.verify(one, { context: "00", model: 7 })),
      idAsOpening: await code(session.prove(input, { context: "00", modelOpening: own.id })),
      otherRows: await code(session.prove(input, { context: "00", modelOpening: swapped })),
      unsetOpening: await code(session.prove(input, { context: "00", modelOpening: undefined })),
      openingOfAnotherKey: await code(other.prove(input, { context: "00", modelOpening: own.opening })),
    };
  }, [own, again, ROWS, [...(await readFile(ONNX))]]);
  assert.deepEqual(codes, {
    taken: true,
    unbound: "model-binding",
    unboundIsInvalid: false,
    otherModel: "model-binding",
    otherModelInSession: "model-binding",
    otherProof: "model-binding",
    halfABinding: "artifact",
    otherContext: "rejected",
    otherKey: "key-mismatch",
    otherId: "artifact",
    openingInItsPlace: "artifact",
    unset: "option model",
    number: "option model",
    idAsOpening: "artifact",
    otherRows: "artifact",
    unsetOpening: "option modelOpening",
    openingOfAnotherKey: "key-mismatch",
  });
});

test("a manifest names the model", async () => {
  const sign = (id) => signModelNatively({ onnx: ONNX, rows: ROWS, ...files }, ["--weights", "private"], id);
  const [named, other, none] = await Promise.all([sign(own.id), sign(again.id), sign()]);
  const outcome = await page.evaluate(async ([own, named, other, none]) => {
    const { verifyDetailed } = await import("/pkg/lib/index.js");
    const { session, vk, input } = globalThis;
    const { proof } = await session.prove(input, { context: "03", modelOpening: own.opening });
    const given = { vk, proof, context: "03", model: own.id };
    const code = (promise) => promise.then(({ manifest }) => manifest.modelId ?? "none", (error) => error.code);
    return {
      named: await code(verifyDetailed({ ...given, ...named })),
      other: await code(verifyDetailed({ ...given, ...other })),
      none: await code(verifyDetailed({ ...given, ...none })),
      unasked: await code(verifyDetailed({ vk, proof, context: "03", ...none })),
      needed: await code(verifyDetailed({ vk, proof, context: "03", ...named })),
    };
  }, [own, named, other, none]);
  assert.deepEqual(outcome, { named: JSON.parse(own.id).id, other: "manifest", none: "manifest", unasked: "none", needed: "option" });
});

test("no random row is in what the network or a verifier sees", async () => {
  const before = site.requests.length;
  const { proof, said } = await page.evaluate(async (own) => {
    const { verifyDetailed } = await import("/pkg/lib/index.js");
    const { session, vk, input } = globalThis;
    const { proof } = await session.prove(input, { context: "02", modelOpening: own.opening });
    return { proof, said: await verifyDetailed({ vk, proof, context: "02", model: own.id }) };
  }, own);
  const sent = site.requests.slice(before);
  assert.ok(sent.length > 0, "the module of verify");
  for (const { method, url, body } of sent) {
    assert.deepEqual([method, body], ["GET", ""]);
    assert.match(url, /^\/pkg\/[\w./-]+$/, "a program file without a query");
  }
  const all = [proof, own.id, JSON.stringify(said), JSON.stringify(sent)].join("\n");
  const reversed = (hex) => Buffer.from(hex, "hex").reverse().toString("hex");
  const rows = JSON.parse(own.opening).random_rows.flat();
  assert.ok(rows.length > 6);
  assert.deepEqual(rows.filter((row) => all.includes(row) || all.includes(reversed(row))), []);
  assert.deepEqual(Object.keys(JSON.parse(proof).public).sort(), ["model", "outputs"]);
});
