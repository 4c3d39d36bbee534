// A model on committed records in the browser: compiled, committed to, attested by the native program, proved and
// verified; everything that does not belong together is refused, and nothing of the record is in what others see.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openApi } from "./support/api.mjs";
import { launch } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";
import { DIST, MODELS, attestNatively, compileNatively, readCatalog, verifyNatively } from "./support/site.mjs";

const [plain] = await readCatalog();
const ONNX = join(MODELS, "small/argmax3.onnx");
const { inputs: ROWS } = JSON.parse(await readFile(join(MODELS, "small/argmax3.json"), "utf8"));
const NAMES = ["glucose", "ferritin", "iron", "calcium"];
const SCHEMA = {
  version: 1,
  name: "blood panel",
  fields: NAMES.map((name) => ({ name, kind: "decimal", decimals: 4, min: -1, max: 1 })),
};
const RECORD = { glucose: 0.2147, ferritin: -0.2471, iron: 0.6038, calcium: -0.6509 };

let browser;
let site;
/** Keeps the session and the files between calls. */
let page;
/** What the record's owner has, and an opening of the same record with another salt. */
let owner;
/** Credentials of these two commitments, and of the first one by another issuer; with their issuers' keys. */
let attested;
before(async () => {
  browser = await launch();
  site = await serveFiles(DIST, { isolated: true });
  page = await openApi(browser, site.url);
  const onnx = [...(await readFile(ONNX))];
  owner = await page.evaluate(prepare, { onnx, rows: ROWS, schema: SCHEMA, record: RECORD });
  const [own, again, foreign] = await Promise.all([
    attestNatively("ES256", owner.made.commitment),
    attestNatively("EdDSA", owner.again.commitment),
    attestNatively("EdDSA", owner.made.commitment, "other.example"),
  ]);
  attested = { own, again, foreign };
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** Runs in the page. */
async function prepare({ onnx, rows, schema, record }) {
  const { ProvingSession, commit, compileModel, readSchema } = await import("/pkg/lib/index.js");
  const compiled = await compileModel(Uint8Array.from(onnx), { calibration: rows, schema, input: "committed", srs: "development" });
  const { hush, vk, srs } = compiled;
  const session = await ProvingSession.create({ model: hush, vk, srs });
  const [input] = session.info.inputs;
  const made = await commit({ schema: input.schema, record });
  const again = await commit({ schema: JSON.stringify(schema), record });
  Object.assign(globalThis, { session, vk });
  const predicted = await session.predict({ x: Object.values(record) });
  return { hush: [...hush], vk: [...vk], input, made, again, predicted, digest: (await readSchema(schema)).digest };
}

test("the model is the native compiler's, and says what it takes a record of", async () => {
  const native = await compileNatively(ONNX, JSON.stringify(ROWS), ["--input", "committed"], SCHEMA);
  assert.deepEqual(Buffer.from(owner.hush), native);
  assert.deepEqual([owner.input.committed, owner.input.schema], [true, SCHEMA]);
  const { committed, schema } = await page.evaluate(async ({ hush, vk, srs }) => {
    const { ProvingSession } = await import("/pkg/lib/index.js");
    const artifact = (path) => new URL(path, `${location.origin}/artifacts/`);
    globalThis.plain = await ProvingSession.create({ model: artifact(hush), vk: artifact(vk), srs: artifact(srs) });
    return globalThis.plain.info.inputs[0];
  }, plain);
  assert.deepEqual([committed, schema], [false, undefined]);
});

test("a proof shows the commitment that an issuer signed", async () => {
  const outcome = await page.evaluate(async ([owner, { own }]) => {
    const { newRequest, verify, verifyDetailed } = await import("/pkg/lib/index.js");
    const { session, vk } = globalThis;
    const asked = { vk, audience: "klinik.example", purpose: "a self-check", ttl: 60, issuer: "labor.example", schema: owner.digest };
    const { request, context } = await newRequest({ ...asked, now: 1500 });
    const proved = await session.prove({ opening: owner.made.opening, credential: own.credential }, { request, now: 1510 });
    const { proof } = await session.prove({ opening: JSON.parse(owner.made.opening) }, { context: "00" });
    const given = { vk, proof: proved.proof, request, now: 1520, issuerKeys: own.keys };
    const bare = { vk, proof, context: "00" };
    return {
      proved,
      context,
      said: await verifyDetailed({ ...given, issuerKeys: JSON.parse(own.keys) }),
      inSession: await session.verify(proved.proof, { request, now: 1520, issuerKeys: own.keys }),
      unasked: await verifyDetailed(bare),
      valid: [
        await verify({ ...given, credential: own.credential }),
        await verify({ ...bare, issuerKeys: own.keys, credential: own.credential, now: 1520 }),
      ],
    };
  }, [owner, attested]);
  const { proved, said } = outcome;
  const { schema, commitment } = JSON.parse(owner.made.commitment);
  assert.equal(proved.inputCommitment, commitment);
  assert.deepEqual(proved.outputs, owner.predicted.outputs);
  assert.deepEqual([said.outputs, said.inputCommitment, said.schema], [proved.outputs, commitment, schema]);
  assert.equal(schema, owner.digest);
  assert.deepEqual(said.credential, { issuer: "labor.example", issued: 1000, expires: 2000 });
  assert.deepEqual({ ...outcome.inSession, seconds: 0 }, { ...said, seconds: 0 });
  assert.deepEqual([outcome.unasked.inputCommitment, outcome.unasked.credential], [commitment, undefined]);
  assert.deepEqual(outcome.valid, [true, true]);
  const vk = Buffer.from(owner.vk);
  assert.equal(await verifyNatively({ vk }, proved.proof, outcome.context, attested.own.keys), 0);
  assert.equal(await verifyNatively({ vk }, proved.proof, outcome.context, attested.foreign.keys), 1);
});

test("no proof is made of what does not belong together", async () => {
  const codes = await page.evaluate(async ([owner, { own, again, foreign }, secrets, plain]) => {
    const { commit, newRequest } = await import("/pkg/lib/index.js");
    const { session, vk } = globalThis;
    const code = (promise) =>
      promise.then(
        () => "proved",
        ({ code, message, details }) => {
          if (secrets.some((secret) => message.includes(secret) || JSON.stringify(details).includes(secret))) return `${code} with a secret`;
          return details.option === undefined ? code : `${code} ${details.option}`;
        },
      );
    const asked = { vk, audience: "klinik.example", purpose: "a self-check", ttl: 5000, now: 1000 };
    const { request } = await newRequest({ ...asked, issuer: "labor.example", schema: owner.digest });
    const other = await newRequest({ ...asked, schema: "00".repeat(32) });
    const [opening, salted] = [JSON.parse(owner.made.opening), JSON.parse(owner.again.opening)];
    const { credential } = own;
    const at = { request, now: 1500 };
    const changed = { ...opening.record, iron: 0.1 };
    const fields = session.info.inputs[0].schema.fields.map((field) => ({ ...field, decimals: 3 }));
    const rounded = await commit({ schema: { ...session.info.inputs[0].schema, fields }, record: opening.record });
    return {
      values: await code(session.prove({ x: Object.values(opening.record) }, at)),
      otherSalt: await code(session.prove({ opening: { ...opening, salt: salted.salt }, credential }, at)),
      otherRecord: await code(session.prove({ opening: { ...opening, record: changed }, credential }, at)),
      noRecord: await code(session.prove({ opening: { ...opening, record: { ...opening.record, iron: 7 } }, credential }, at)),
      otherSchema: await code(session.prove({ opening: rounded.opening }, { context: "00" })),
      commitmentOnly: await code(session.prove({ opening: owner.made.commitment }, { context: "00" })),
      otherCommitment: await code(session.prove({ opening, credential: again.credential }, at)),
      expired: await code(session.prove({ opening, credential }, { request, now: 2000 })),
      expiredWithoutRequest: await code(session.prove({ opening, credential }, { context: "00", now: 2000 })),
      tooEarly: await code(session.prove({ opening, credential }, { context: "00", now: 100 })),
      now: await code(session.prove({ opening, credential }, { context: "00" })),
      noCredential: await code(session.prove({ opening }, at)),
      otherIssuer: await code(session.prove({ opening, credential: foreign.credential }, at)),
      unreadable: await code(session.prove({ opening, credential: "a.b.c" }, at)),
      requestOfOtherSchema: await code(session.prove({ opening }, { request: other.request, now: 1500 })),
      openingOfPlain: await code(globalThis.plain.prove({ opening, credential }, { context: "00", now: 1500 })),
      plain: await code(globalThis.plain.prove({ [plain.input.name]: plain.examples[0].record }, { context: "00" })),
      proved: await code(session.prove({ opening, credential }, at)),
    };
  }, [owner, attested, secrets(), plain]);
  assert.deepEqual(codes, {
    values: "option inputs",
    otherSalt: "artifact",
    otherRecord: "artifact",
    noRecord: "record",
    otherSchema: "artifact",
    commitmentOnly: "artifact",
    otherCommitment: "credential",
    expired: "credential",
    expiredWithoutRequest: "credential",
    tooEarly: "credential",
    now: "credential",
    noCredential: "rejected",
    otherIssuer: "rejected",
    unreadable: "artifact",
    requestOfOtherSchema: "rejected",
    openingOfPlain: "option opening",
    plain: "proved",
    proved: "proved",
  });
});

test("no proof is taken without the signature that was asked for", async () => {
  const codes = await page.evaluate(async ([owner, { own, again, foreign }, plain]) => {
    const { newRequest, verify, verifyDetailed } = await import("/pkg/lib/index.js");
    const { session, vk } = globalThis;
    const code = (promise) => promise.then(({ credential }) => credential?.issuer ?? "taken", (error) => error.code);
    const asked = { vk, audience: "klinik.example", purpose: "a self-check", ttl: 5000, now: 1000 };
    const { request } = await newRequest({ ...asked, issuer: "labor.example" });
    const foreignRequest = (await newRequest({ ...asked, issuer: "other.example" })).request;
    const { opening } = owner.made;
    const { proof } = await session.prove({ opening, credential: own.credential }, { request, now: 1500 });
    const bare = (await session.prove({ opening }, { context: "00" })).proof;
    const foreignProof = (await session.prove({ opening, credential: foreign.credential }, { request: foreignRequest, now: 1500 })).proof;
    const plainProof = (await globalThis.plain.prove({ [plain.input.name]: plain.examples[0].record }, { context: "00" })).proof;
    const changed = (change) => {
      const file = JSON.parse(proof);
      return JSON.stringify({ ...file, credential: again.credential, public: { ...file.public, ...change } });
    };
    const given = { vk, proof, request, now: 1500, issuerKeys: own.keys };
    const swapped = { ...given, proof: changed({ input_commitment: JSON.parse(owner.again.commitment).commitment }), issuerKeys: again.keys };
    const foreigners = { vk, proof: foreignProof, request: foreignRequest, now: 1500 };
    const plainVk = new URL(plain.vk, `${location.origin}/artifacts/`);
    const { issuerKeys, ...without } = given;
    return {
      taken: await code(verifyDetailed(given)),
      withoutKeys: await code(verifyDetailed(without)),
      withoutKeysIsInvalid: await verify(without),
      withoutKeysInSession: await code(session.verify(proof, { request, now: 1500 })),
      otherKeys: await code(verifyDetailed({ ...given, issuerKeys: foreign.keys })),
      otherKeysAreNoVerdict: await code(verify({ ...given, issuerKeys: foreign.keys })),
      otherKeysInSession: await code(session.verify(proof, { request, now: 1500, issuerKeys: foreign.keys })),
      otherCommitment: await code(verifyDetailed({ ...given, credential: again.credential, issuerKeys: again.keys })),
      expired: await code(verifyDetailed({ ...given, now: 2000 })),
      tooEarly: await code(verifyDetailed({ ...given, now: 100 })),
      expiredWithoutRequest: await code(verifyDetailed({ vk, proof: bare, context: "00", issuerKeys, credential: own.credential, now: 2000 })),
      noCredential: await code(verifyDetailed({ vk, proof: bare, context: "00", issuerKeys, now: 1500 })),
      credentialWithoutKeys: await code(verifyDetailed({ ...without, credential: own.credential })),
      swappedCommitment: await code(verifyDetailed(swapped)),
      noCommitment: await code(verifyDetailed({ ...given, proof: changed({ input_commitment: undefined }) })),
      foreign: await code(verifyDetailed({ ...foreigners, issuerKeys: foreign.keys })),
      foreignRequestOwnCredential: await code(verifyDetailed({ ...foreigners, issuerKeys, credential: own.credential })),
      plain: await code(verifyDetailed({ vk: plainVk, proof: plainProof, context: "00", issuerKeys, now: 1500 })),
    };
  }, [owner, attested, plain]);
  assert.deepEqual(codes, {
    taken: "labor.example",
    withoutKeys: "rejected",
    withoutKeysIsInvalid: false,
    withoutKeysInSession: "rejected",
    otherKeys: "credential",
    otherKeysAreNoVerdict: "credential",
    otherKeysInSession: "credential",
    otherCommitment: "credential",
    expired: "credential",
    tooEarly: "credential",
    expiredWithoutRequest: "credential",
    noCredential: "credential",
    credentialWithoutKeys: "option",
    swappedCommitment: "rejected",
    noCommitment: "rejected",
    foreign: "other.example",
    foreignRequestOwnCredential: "rejected",
    plain: "rejected",
  });
});

test("nothing of the record and no salt is in what the network or a verifier sees", async () => {
  const before = site.requests.length;
  const seen = [];
  page.context().on("request", (request) => seen.push([request.method(), request.url(), request.postData() ?? ""]));
  const { proof, shown } = await page.evaluate(async ([owner, { own }]) => {
    const { newRequest, verifyDetailed } = await import("/pkg/lib/index.js");
    const { session, vk } = globalThis;
    const asked = { vk, audience: "klinik.example", purpose: "a self-check", ttl: 60, issuer: "labor.example", schema: owner.digest };
    const { request } = await newRequest({ ...asked, now: 1500 });
    const { proof } = await session.prove({ opening: owner.made.opening, credential: own.credential }, { request, now: 1510 });
    const said = await verifyDetailed({ vk, proof, request, now: 1510, issuerKeys: own.keys });
    return { proof, shown: [proof, request, owner.made.commitment, own.credential, own.keys, JSON.stringify(said)] };
  }, [owner, attested]);
  const signed = attested.own.credential.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"));
  const sent = site.requests.slice(before);
  assert.ok(sent.length > 0 && seen.length > 0, "the modules of newRequest and verify");
  for (const { method, url, body } of sent) {
    assert.deepEqual([method, body], ["GET", ""]);
    assert.match(url, /^\/pkg\/[\w./-]+$/, "a program file without a query");
  }
  const all = [...shown, ...signed, JSON.stringify(sent), JSON.stringify(seen)].join("\n");
  assert.deepEqual(secrets().filter((secret) => all.includes(secret)), []);
  assert.deepEqual(Object.keys(JSON.parse(proof).public).sort(), ["input_commitment", "outputs"]);
  assert.deepEqual(JSON.parse(proof).credential, attested.own.credential.trim());
});

/** Texts of which none may leave the device. */
function secrets() {
  const salts = [owner.made, owner.again].map(({ opening }) => JSON.parse(opening).salt);
  return [...Object.values(RECORD).map(String), ...salts];
}
