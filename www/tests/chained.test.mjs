// Chained proofs in the browser: an embedding is committed to once, and compared later with another one; nothing of the
// pictures, the embeddings and the salts is in what others see.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openApi } from "./support/api.mjs";
import { launch } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";
import { DIST, MODELS, verifyNatively } from "./support/site.mjs";

const read = async (name) => JSON.parse(await readFile(join(MODELS, name), "utf8"));
const bytes = async (name) => [...(await readFile(join(MODELS, name)))];
const SCHEMA = await read("embedding_schema.json");
const { image: IMAGES } = await read("digits_test.json");
const LABELS = await read("digits_test_labels.json");

let browser;
let site;
/** Keeps the sessions and the files between calls. */
let page;
before(async () => {
  browser = await launch();
  site = await serveFiles(DIST, { isolated: true });
  page = await openApi(browser, site.url);
  const [embedding, match] = [await bytes("digits_embedding.onnx"), await bytes("digits_match.onnx")];
  const [images, pairs] = [await read("digits_calibration.json"), await read("digits_match_calibration.json")];
  await page.evaluate(prepare, { embedding, match, images, pairs, schema: SCHEMA });
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** Runs in the page. */
async function prepare({ embedding, match, images, pairs, schema }) {
  const { ProvingSession, compileModel } = await import("/pkg/lib/index.js");
  const session = async (onnx, options) => {
    const { hush, vk, srs } = await compileModel(Uint8Array.from(onnx), { srs: "development", ...options });
    return { session: await ProvingSession.create({ model: hush, vk, srs }), vk };
  };
  const embed = await session(embedding, { calibration: images, output: { committed: schema } });
  const compare = await session(match, { calibration: pairs, schema: [schema, JSON.stringify(schema)] });
  Object.assign(globalThis, { embed, compare });
}

/** A held-out picture of a digit. */
function picture(digit, nth) {
  return IMAGES[LABELS.flatMap((label, row) => (label === digit ? [row] : []))[nth]];
}

test("an embedding is committed to once and compared later", async () => {
  const { info, enrolled, shown, other, said, vk, seen } = await page.evaluate(async (pictures) => {
    const { verify, verifyDetailed } = await import("/pkg/lib/index.js");
    const { embed, compare } = globalThis;
    const embedding = (picture) => embed.session.prove({ image: [picture] }, { context: "01" });
    const [enrolled, shown, other] = [await embedding(pictures[0]), await embedding(pictures[1]), await embedding(pictures[2])];
    const commitment = ({ outputSchema: schema, outputCommitment: commitment }) => ({ schema, commitment });
    const matched = (one) => compare.session.prove({ opening: [enrolled.outputOpening, JSON.parse(one.outputOpening)] }, { context: "02" });
    const [same, not] = [await matched(shown), await matched(other)];
    const both = (one) => [commitment(enrolled), JSON.stringify(commitment(one))];
    const given = { vk: compare.vk, context: "02", inputCommitment: both(shown) };
    const code = (promise) => promise.then(() => "taken", (error) => error.code);
    return {
      info: [embed.session.info.outputs[0], compare.session.info.inputs[0]],
      enrolled,
      shown,
      other,
      vk: [...compare.vk],
      seen: [enrolled.proof, shown.proof, same.proof, not.proof].join("\n"),
      said: {
        same: await verifyDetailed({ ...given, proof: same.proof }),
        inSession: await compare.session.verify(same.proof, { context: "02", inputCommitment: both(shown) }),
        not: await verifyDetailed({ ...given, proof: not.proof, inputCommitment: both(other) }),
        embedded: await verifyDetailed({ vk: embed.vk, proof: shown.proof, context: "01", outputCommitment: commitment(shown) }),
        otherPicture: await verify({ ...given, proof: not.proof }),
        swapped: await verify({ ...given, proof: same.proof, inputCommitment: both(shown).reverse() }),
        fewer: await verify({ ...given, proof: same.proof, inputCommitment: commitment(enrolled) }),
        otherOutput: await verify({ vk: embed.vk, proof: shown.proof, context: "01", outputCommitment: commitment(enrolled) }),
        oneOpening: await code(compare.session.prove({ opening: enrolled.outputOpening }, { context: "02" })),
        values: await code(compare.session.prove({ enrolled: [[1, 2, 3, 4, 5, 6, 7, 8]], shown: [[1, 2, 3, 4, 5, 6, 7, 8]] }, { context: "02" })),
        unreadable: await code(verifyDetailed({ ...given, proof: same.proof, inputCommitment: ["{}", "{}"] })),
      },
      same: same.proof,
    };
  }, [picture(3, 0), picture(3, 1), picture(7, 1)]);
  assert.deepEqual([info[0].kind, info[0].schema, info[1].schemas], ["commitment", SCHEMA, [SCHEMA, SCHEMA]]);
  assert.deepEqual([said.same.outputs, said.not.outputs], [{ same: [1] }, { same: [0] }]);
  const commitments = [enrolled, shown].map(({ outputSchema: schema, outputCommitment: commitment }) => ({ schema, commitment }));
  assert.deepEqual(said.same.inputCommitments, commitments);
  assert.deepEqual({ ...said.inSession, seconds: 0 }, { ...said.same, seconds: 0 });
  assert.deepEqual([said.embedded.outputs, said.embedded.outputCommitment], [{}, shown.outputCommitment]);
  const { otherPicture, swapped, fewer, otherOutput, oneOpening, values, unreadable } = said;
  assert.deepEqual([otherPicture, swapped, fewer, otherOutput], [false, false, false, false]);
  assert.deepEqual([oneOpening, values, unreadable], ["option", "option", "artifact"]);
  // What the owner has and nobody else sees.
  const openings = [enrolled, shown, other].map(({ outputOpening }) => JSON.parse(outputOpening));
  for (const { record, salt } of openings) {
    assert.deepEqual(Object.keys(record), SCHEMA.fields.map(({ name }) => name));
    assert.ok(!seen.includes(salt));
  }
  const { same } = await page.evaluate(async (openings) => {
    const { proof } = await globalThis.compare.session.prove({ opening: openings }, { context: "0a" });
    return { same: proof };
  }, [enrolled.outputOpening, shown.outputOpening]);
  assert.equal(await verifyNatively({ vk: Buffer.from(vk) }, same, "0a"), 0);
});
