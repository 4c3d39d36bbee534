import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openApi } from "./support/api.mjs";
import { launch } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";
import { DIST, MODELS } from "./support/site.mjs";
const read = async (name) => JSON.parse(await readFile(join(MODELS, name), "utf8"));
const bytes = async (name) => [...(await readFile(join(MODELS, name)))];
const browser = await launch();
const site = await serveFiles(DIST, { isolated: true });
const page = await openApi(browser, site.url);
const { image } = await read("digits_test.json");
const given = { embedding: await bytes("digits_embedding.onnx"), match: await bytes("digits_match.onnx"), images: await read("digits_calibration.json"), pairs: await read("digits_match_calibration.json"), schema: await read("embedding_schema.json"), a: image[0], b: image[1] };
const out = await page.evaluate(async ({ embedding, match, images, pairs, schema, a, b }) => {
  const { ProvingSession, compileModel } = await import("/pkg/lib/index.js");
  const make = async (onnx, options) => {
    const { hush, vk, srs } = await compileModel(Uint8Array.from(onnx), { srs: "development", ...options });
    return ProvingSession.create({ model: hush, vk, srs, threads: 2 });
  };
  const pub = await make(embedding, { calibration: images });
  const com = await make(embedding, { calibration: images, output: { committed: schema } });
  const mpub = await make(match, { calibration: pairs });
  const mcom = await make(match, { calibration: pairs, schema: [schema, schema] });
  const x = await com.prove({ image: [a] }, { context: "01" }), y = await com.prove({ image: [b] }, { context: "01" });
  const vals = (p) => [Object.values(JSON.parse(p.outputOpening).record)];
  const runs = { pub: () => pub.prove({ image: [a] }, { context: "01" }), com: () => com.prove({ image: [a] }, { context: "01" }), mpub: () => mpub.prove({ enrolled: vals(x), shown: vals(y) }, { context: "01" }), mcom: () => mcom.prove({ opening: [x.outputOpening, y.outputOpening] }, { context: "01" }) };
  const t = {};
  for (let r = 0; r < 15; r++) for (const [n, f] of Object.entries(runs)) { const s = performance.now(); await f(); (t[n] ??= []).push(performance.now() - s); }
  return Object.fromEntries(Object.entries(t).map(([n, v]) => [n, v.sort((p, q) => p - q)[7].toFixed(1)]));
}, given);
console.log(out);
await browser.close(); await site.close();
