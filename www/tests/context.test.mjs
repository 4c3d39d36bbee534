// A proof is for the context that was given, whatever its type, and verifies for no other; none is asked for by name.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openApi } from "./support/api.mjs";
import { fillExample, launch, openSite, proveOnPage, ready } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";
import { DIST, readCatalog, verifyNatively } from "./support/site.mjs";

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

test("a digest of crypto.subtle is the context, and another digest is not", async () => {
  const page = await openApi(browser, site.url);
  const { proof, hex, valid, invalid, detailed } = await page.evaluate(async (entry) => {
    const { ProvingSession, verify, verifyDetailed } = await import("/pkg/lib/index.js");
    const artifact = (path) => new URL(path, `${location.origin}/artifacts/`);
    const vk = artifact(entry.vk);
    const digestOf = (text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    const [issued, other] = [await digestOf("issued"), await digestOf("other")];
    const hex = Array.from(new Uint8Array(issued), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const session = await ProvingSession.create({ model: artifact(entry.hush), vk, srs: artifact(entry.srs) });
    const { proof } = await session.prove({ [entry.input.name]: entry.examples[0].record }, { context: issued });
    const same = [issued, new Uint8Array(issued), new DataView(issued), hex];
    const valid = [];
    for (const context of same) valid.push(await verify({ vk, vkDigest: entry.vkDigest, proof, context }));
    const others = [{ context: other }, { context: new DataView(other) }, { noContext: true }];
    const invalid = [];
    for (const given of others) {
      invalid.push(await verify({ vk, proof, ...given }));
      invalid.push(await session.verify(proof, given).then(() => true, ({ code }) => code));
    }
    const said = ({ model, outputs }) => ({ model, outputs });
    const detailed = [
      said(await verifyDetailed({ vk, proof, context: issued })),
      said(await session.verify(proof, { context: issued })),
    ];
    session.close();
    return { proof, hex, valid, invalid, detailed };
  }, entry);
  assert.equal(JSON.parse(proof).context, hex);
  assert.equal(await verifyNatively(entry, proof, hex), 0);
  assert.deepEqual(valid, [true, true, true, true]);
  assert.deepEqual(invalid, [false, "rejected", false, "rejected", false, "rejected"]);
  assert.deepEqual(detailed[0], detailed[1]);
  await page.close();
});

test("nothing of another type is taken for a context, in proving and in verifying", async () => {
  const page = await openApi(browser, site.url);
  const outcome = await page.evaluate(async (entry) => {
    const { ProvingSession, verify, verifyDetailed } = await import("/pkg/lib/index.js");
    const artifact = (path) => new URL(path, `${location.origin}/artifacts/`);
    const vk = artifact(entry.vk);
    const session = await ProvingSession.create({ model: artifact(entry.hush), vk, srs: artifact(entry.srs) });
    const inputs = { [entry.input.name]: entry.examples[0].record };
    const { proof } = await session.prove(inputs);
    const calls = {
      prove: (options) => session.prove(inputs, options),
      sessionVerify: (options) => session.verify(proof, options),
      verify: (options) => verify({ vk, proof, ...options }),
      verifyDetailed: (options) => verifyDetailed({ vk, proof, ...options }),
    };
    const nothing = [new ArrayBuffer(0), new Uint8Array(), new DataView(new ArrayBuffer(0)), ""];
    const objects = [{}, [], [1, 2], new Map(), new Blob(["00"]), () => "00"];
    const others = [0, 1, 32, NaN, true, false, null, undefined, "AB", "abc", new Uint8Array(1025)];
    const given = [...nothing, ...objects, ...others].map((context) => ({ context }));
    given.push({ contxt: "00" }, { context: "00", noContext: true }, { noContext: 1 });
    const code = (promise) => promise.then((value) => `taken: ${value}`, (error) => error.code);
    const codes = {};
    for (const [name, call] of Object.entries(calls)) {
      codes[name] = [...new Set(await Promise.all(given.map((options) => code(call(options)))))];
    }
    const nonces = [new Uint8Array(32), new ArrayBuffer(32), "00", null];
    const notOptions = await Promise.all(nonces.map((nonce) => code(session.prove(inputs, nonce))));
    const without = [session.verify(proof), session.verify(proof, {}), verify({ vk, proof })];
    const unasked = await Promise.all(without.map(code));
    const asked = [await verify({ vk, proof, noContext: true }), await verify({ vk, proof, context: "00" })];
    const named = await session.prove(inputs, { noContext: true });
    asked.push(await verify({ vk, proof: named.proof, noContext: true }));
    session.close();
    return { codes, notOptions: [...new Set(notOptions)], unasked, asked };
  }, entry);
  assert.deepEqual(outcome, {
    codes: { prove: ["option"], sessionVerify: ["option"], verify: ["option"], verifyDetailed: ["option"] },
    notOptions: ["option"],
    unasked: ["option", "option", "option"],
    asked: [true, false, true],
  });
  await page.close();
});

test("the wasm modules take bytes from a Uint8Array alone", async () => {
  const page = await openApi(browser, site.url);
  const outcome = await page.evaluate(async (entry) => {
    const wasm = await import("/pkg/single/hushproof.js");
    const compiler = await import("/pkg/compiler/hushproof.js");
    const binary = (name) => ({ module_or_path: new URL(`/pkg/${name}/hushproof_bg.wasm`, location.origin) });
    await Promise.all([wasm.default(binary("single")), compiler.default(binary("compiler"))]);
    const file = async (name) => new Uint8Array(await (await fetch(`/artifacts/${name}`)).arrayBuffer());
    const [hush, vk, srs] = await Promise.all([entry.hush, entry.vk, entry.srs].map(file));
    const prover = new wasm.Prover(hush, vk, srs);
    const inputs = { [entry.input.name]: entry.examples[0].record };
    const { proof } = prover.prove(inputs, new Uint8Array());
    const said = (call) => {
      try {
        call();
        return "taken";
      } catch ({ code, details }) {
        return `${code} ${details?.option}`;
      }
    };
    const right = said(() => wasm.verify(vk, proof, new Uint8Array()));
    const buffers = [new ArrayBuffer(0), new ArrayBuffer(4), new DataView(new ArrayBuffer(4)), new Int8Array(4)];
    const wrong = [undefined, null, 0, 5, "", "00", {}, [], ...buffers];
    const refusals = wrong.flatMap((value) => [
      said(() => prover.prove(inputs, value)),
      said(() => wasm.verify(vk, proof, value)),
      said(() => wasm.verify(value, proof, new Uint8Array())),
      said(() => new wasm.Prover(value, vk, srs)),
      said(() => new wasm.Prover(hush, value, srs)),
      said(() => new wasm.Prover(hush, vk, value)),
      said(() => wasm.makeKeys(value)),
      said(() => new compiler.OnnxModel(value)),
    ]);
    refusals.push(said(() => wasm.makeKeys(hush, null)));
    refusals.push(said(() => wasm.verify(vk, new Uint8Array(4), new Uint8Array())));
    return { right, refusals: [...new Set(refusals)].sort() };
  }, entry);
  assert.equal(outcome.right, "taken");
  const names = ["context", "model", "onnx", "proof", "srs", "vk"];
  assert.deepEqual(outcome.refusals, names.map((name) => `option ${name}`));
  await page.close();
});

test("on the page, an empty field is no context only where that was said", async () => {
  const page = await openSite(browser, site.url);
  await fillExample(page);
  await page.locator("#prove").click();
  await page.locator("#result").waitFor();
  await ready(page);
  const result = page.locator("#verify-result");
  await page.locator("#verify-this").click();
  await page.locator("#verify-result[data-state=valid]").waitFor();
  assert.ok(await page.locator("#verify-no-context").isChecked(), "it was proved without one");
  await page.locator("#verify-no-context").setChecked(false);
  assert.ok(await result.isHidden(), "the answer was for another question");
  await page.locator("#verify-run").click();
  await page.locator("#verify-result[data-state=error]").waitFor();
  assert.match(await result.textContent(), /context/);
  const { context } = await proveOnPage(page);
  await page.locator("#verify-this").click();
  await page.locator("#verify-result[data-state=valid]").waitFor();
  assert.equal(await page.locator("#verify-context").inputValue(), context);
  await page.locator("#verify-no-context").setChecked(true);
  await page.locator("#verify-run").click();
  await page.locator("#verify-result[data-state=invalid]").waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
