// Requests made, read and answered in the browser, schemas and commitments; the native program takes the same ones.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openApi } from "./support/api.mjs";
import { launch } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";
import { DIST, MODELS, attestNatively, commitNatively, manifestNatively, readCatalog, verifyNatively } from "./support/site.mjs";

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

test("a proof answers one request, until it expires", async () => {
  const page = await openApi(browser, site.url);
  const outcome = await page.evaluate(async (entry) => {
    const { ProvingSession, newRequest, readRequest, verify, verifyDetailed } = await import("/pkg/lib/index.js");
    const artifact = (path) => new URL(path, `${location.origin}/artifacts/`);
    const vk = artifact(entry.vk);
    const code = (promise) => promise.then((value) => `taken: ${value}`, (error) => error.code);
    const asked = { vk, audience: "klinik.example", purpose: "a self-check", ttl: 60, responseUri: "https://klinik.example/" };
    const made = await newRequest({ ...asked, now: 1000 });
    const other = await newRequest({ ...asked, now: 1000 });
    const read = await readRequest(JSON.parse(made.request));
    const session = await ProvingSession.create({ model: artifact(entry.hush), vk, srs: artifact(entry.srs) });
    const inputs = { [entry.input.name]: entry.examples[0].record };
    const { proof } = await session.prove(inputs, { request: made.request, now: 1001 });
    const { request } = made;
    const valid = [
      await verify({ vk, proof, request, now: 1059 }),
      await verify({ vk, proof, request: JSON.parse(request), now: 1059 }),
      await verify({ vk, proof, context: made.context }),
    ];
    const invalid = [
      await verify({ vk, proof, request, now: 1060 }),
      await verify({ vk, proof, request }),
      await verify({ vk, proof, request: other.request, now: 1001 }),
    ];
    const codes = [
      await code(verifyDetailed({ vk, proof, request, now: 1060 })),
      await code(session.verify(proof, { request: other.request, now: 1001 })),
      await code(session.prove(inputs, { request, now: 1060 })),
      await code(session.prove(inputs, { request: request.replace(made.vk, "00".repeat(32)), now: 1001 })),
      await code(session.prove(inputs, { request: "{}" })),
      await code(readRequest({ ...JSON.parse(request), scope: "all" })),
      await code(readRequest({ ...JSON.parse(request), version: 2 })),
      await code(newRequest({ ...asked, audience: "" })),
      await code(newRequest({ ...asked, nonce: "00" })),
      await code(newRequest({ ...asked, responseUri: "http://klinik.example/" })),
    ];
    const digest = session.info.digest;
    session.close();
    return { made, other, read, digest, proof, valid, invalid, codes };
  }, entry);
  const { made, other, read, proof } = outcome;
  assert.deepEqual(read, made);
  assert.deepEqual([made.audience, made.expires, made.vk], ["klinik.example", 1060, outcome.digest]);
  assert.notEqual(other.nonce, made.nonce);
  assert.deepEqual(JSON.parse(proof).request, JSON.parse(made.request));
  assert.equal(await verifyNatively(entry, proof, made.context), 0);
  assert.equal(await verifyNatively(entry, proof, other.context), 1);
  assert.deepEqual(outcome.valid, [true, true, true]);
  assert.deepEqual(outcome.invalid, [false, false, false]);
  assert.deepEqual(outcome.codes, ["expired", "rejected", "expired", "key-mismatch", "artifact", "artifact", "version", "option", "option", "option"]);
  await page.close();
});

test("a record is committed to as the native program does", async () => {
  const page = await openApi(browser, site.url);
  const schema = {
    version: 1,
    name: "blood panel",
    fields: [
      { name: "glucose", kind: "decimal", unit: "mg/dL", decimals: 1, min: 0, max: 1000, missing: true },
      { name: "sex", kind: "category", values: ["female", "male"] },
    ],
  };
  const { info, made, again, codes } = await page.evaluate(async (schema) => {
    const { commit, readSchema } = await import("/pkg/lib/index.js");
    const code = (promise) => promise.then(() => "taken", ({ code, message }) => `${code} ${message.includes("777")}`);
    const record = { glucose: 91.2, sex: "male" };
    const codes = [
      await code(commit({ schema, record: { glucose: 7777, sex: "male" } })),
      await code(commit({ schema, record: { glucose: 91.2 } })),
      await code(commit({ schema, record: "777" })),
      await code(commit({ schema: { ...schema, fields: [] }, record })),
      await code(readSchema("{}")),
    ];
    const info = await readSchema(schema);
    return { info, made: await commit({ schema, record }), again: await commit({ schema, record: [91.2, "male"] }), codes };
  }, schema);
  assert.deepEqual([info.name, info.elements, info.bits], ["blood panel", 2, 14]);
  assert.deepEqual(codes, ["record false", "record false", "record false", "artifact false", "artifact false"]);
  const [opening, commitment] = [JSON.parse(made.opening), JSON.parse(made.commitment)];
  assert.deepEqual(commitment, { schema: info.digest, commitment: opening.commitment });
  assert.notEqual(JSON.parse(again.commitment).commitment, commitment.commitment);
  const native = await commitNatively(schema, opening.record, opening.salt);
  assert.deepEqual(native, opening);
  await page.close();
});

test("a credential holds for its issuer's key, time and commitment", async () => {
  const commitment = { schema: "11".repeat(32), commitment: "00".repeat(31) + "07" };
  const made = {};
  for (const alg of ["ES256", "EdDSA"]) made[alg] = await attestNatively(alg, JSON.stringify(commitment));
  const page = await openApi(browser, site.url);
  const outcome = await page.evaluate(async ([made, commitment]) => {
    const { verifyCredential, verifyManifest } = await import("/pkg/lib/index.js");
    const code = (promise) => promise.then(() => "taken", (error) => error.code);
    const results = {};
    for (const [alg, { credential, keys }] of Object.entries(made)) {
      const other = Object.values(made).find((each) => each.keys !== keys);
      const given = { credential, issuerKeys: keys, now: 1500 };
      const id = (set) => JSON.parse(set).keys[0].kid;
      const [head, body, signature] = credential.split(".");
      const flipped = `${head}.${body}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
      const off = JSON.parse(keys);
      off.keys[0].x = "A".repeat(43);
      results[alg] = {
        said: await verifyCredential({ ...given, commitment }),
        codes: [
          await code(verifyCredential({ ...given, issuerKeys: JSON.parse(keys) })),
          await code(verifyCredential({ ...given, now: 2000 })),
          await code(verifyCredential({ ...given, now: 100 })),
          await code(verifyCredential({ ...given, issuerKeys: other.keys })),
          await code(verifyCredential({ ...given, issuerKeys: other.keys.replace(id(other.keys), id(keys)) })),
          await code(verifyCredential({ ...given, credential: flipped })),
          await code(verifyCredential({ ...given, commitment: { ...commitment, commitment: "00".repeat(32) } })),
          await code(verifyCredential({ ...given, commitment: { ...commitment, salt: "00" } })),
          await code(verifyCredential({ ...given, credential: `${head}.${body}` })),
          await code(verifyCredential({ ...given, issuerKeys: { keys: [] } })),
          await code(verifyManifest({ manifest: credential, publisherKeys: keys })),
          await code(verifyCredential({ credential })),
        ],
      };
    }
    return results;
  }, [made, commitment]);
  const rejected = Array(6).fill("credential");
  const unreadable = Array(4).fill("artifact");
  for (const alg of ["ES256", "EdDSA"]) {
    const { said, codes } = outcome[alg];
    assert.deepEqual(said, { issuer: "labor.example", issued: 1000, expires: 2000, ...commitment });
    assert.deepEqual(codes, ["taken", ...rejected, ...unreadable, "option"], alg);
  }
  await page.close();
});

test("a verifier takes no key that the publisher's manifest does not name", async () => {
  const name = entry.hush.replace(/\.hush$/, "");
  const made = await manifestNatively(name, entry.srs, join(MODELS, "breast_cancer_calibration.json"));
  const options = ["--output", "threshold=0.5"];
  const other = await manifestNatively(name, entry.srs, join(MODELS, "breast_cancer_calibration.json"), options);
  const page = await openApi(browser, site.url);
  const files = { hush: [...made.hush], vk: [...made.vk] };
  const outcome = await page.evaluate(async ([entry, files, made, other]) => {
    const { ProvingSession, verify, verifyDetailed, verifyManifest } = await import("/pkg/lib/index.js");
    const code = (promise) => promise.then(() => "taken", (error) => error.code);
    const [model, vk] = [Uint8Array.from(files.hush), Uint8Array.from(files.vk)];
    const session = await ProvingSession.create({ model, vk, srs: new URL(entry.srs, `${location.origin}/artifacts/`) });
    const { proof } = await session.prove({ [entry.input.name]: entry.examples[0].record }, { context: "00" });
    const given = { vk, proof, context: "00" };
    const detailed = await verifyDetailed({ ...given, manifest: made.manifest, publisherKeys: made.keys });
    const codes = [
      await code(verifyManifest({ manifest: made.manifest, publisherKeys: made.keys })),
      await code(verify({ ...given, manifest: other.manifest, publisherKeys: other.keys })),
      await code(verify({ ...given, manifest: made.manifest, publisherKeys: other.keys })),
      await code(verify({ ...given, manifest: made.manifest })),
      await code(verify({ ...given, publisherKeys: made.keys })),
      await code(verify({ ...given, manifest: undefined })),
    ];
    const digest = session.info.digest;
    session.close();
    return { detailed, codes, digest };
  }, [entry, files, { manifest: made.manifest, keys: made.keys }, { manifest: other.manifest, keys: other.keys }]);
  assert.deepEqual([outcome.detailed.vk, outcome.detailed.manifest.vk, outcome.detailed.manifest.issuer], [outcome.digest, outcome.digest, "models.example"]);
  assert.deepEqual(outcome.codes, ["taken", "manifest", "manifest", "option", "option", "option"]);
  await page.close();
});
