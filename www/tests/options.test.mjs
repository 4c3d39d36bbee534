// What callers give is checked at the boundary: each wrong type, range and name is code `option`, and none of them
// becomes an empty context. Without a browser.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { createContext, runInContext } from "node:vm";
import * as options from "../../pkg/lib/options.js";

const DIGEST = "5a".repeat(32);
const NONCE = [1, 2, 254, 255];
const FILES = { model: "model.hush", srs: "model.srs" };
const otherFrame = createContext({});

before(() => (globalThis.document = { baseURI: "https://example.org/app/page.html" }));

/** Asserts that a call is refused because of one option, and that the message names it and no private value. */
function refused(call, option, what) {
  assert.throws(call, ({ name, code, message, details }) => {
    assert.deepEqual([name, code, details.option], ["HushproofError", "option", option], what);
    assert.ok(message.startsWith(`${option}: `), message);
    return true;
  }, what);
}

const contextOf = {
  "session.prove": (given) => options.proveOptions(given),
  "session.verify": (given) => options.sessionVerifyOptions(given),
  verify: (given) => options.verifyOptions({ vk: "model.vk", proof: "{}", ...given }),
};

for (const [name, read] of Object.entries(contextOf)) {
  describe(`context of ${name}`, () => {
    test("bytes of every kind are the same context", () => {
      const bytes = Uint8Array.from(NONCE);
      const shared = new SharedArrayBuffer(4);
      new Uint8Array(shared).set(bytes);
      const within = new Uint8Array([9, ...NONCE, 9]);
      const kinds = [
        "0102feff",
        bytes,
        bytes.buffer,
        shared,
        new Uint8Array(shared),
        new DataView(bytes.buffer),
        within.subarray(1, 5),
        new DataView(within.buffer, 1, 4),
        new Int8Array(bytes.buffer),
        new Uint16Array(bytes.buffer),
        new Float32Array(bytes.buffer),
        Buffer.from(bytes),
        runInContext("Uint8Array.of(1, 2, 254, 255).buffer", otherFrame),
        runInContext("Uint8Array.of(1, 2, 254, 255)", otherFrame),
      ];
      for (const context of kinds) assert.deepEqual(read({ context }).asked, bytes, String(context));
    });

    test("a digest as crypto.subtle gives it is its 32 bytes", async () => {
      const context = await crypto.subtle.digest("SHA-256", Uint8Array.from(NONCE));
      assert.deepEqual(read({ context }).asked, new Uint8Array(context));
      assert.equal(read({ context }).asked.length, 32);
    });

    test("later changes have no effect", () => {
      const context = Uint8Array.from(NONCE);
      const taken = read({ context }).asked;
      context.fill(0);
      assert.deepEqual([...taken], NONCE);
    });

    test("whatever else is refused, also what is empty", () => {
      const transferred = new ArrayBuffer(4);
      structuredClone(transferred, { transfer: [transferred] });
      const wrong = [
        ...[undefined, null, true, false, 0, 1, 32, 0.5, Number.NaN, 10n, Symbol("nonce"), () => "00"],
        ...[{}, [], NONCE, { length: 4 }, { byteLength: 4 }, new Map(), new String("00"), Promise.resolve("00")],
        ...["", " ", "0", "abc", "0g", "AB", "aB", " 00", "00 ", "0x00", "00\n", "é0"],
        ...[new Uint8Array(), new ArrayBuffer(0), new SharedArrayBuffer(0), new DataView(new ArrayBuffer(4), 4)],
        ...[new Float64Array(), transferred, new Uint8Array(1025), new ArrayBuffer(1025), "00".repeat(1025)],
        { [Symbol.toStringTag]: "ArrayBuffer", byteLength: 4 },
        Object.create(ArrayBuffer.prototype),
      ];
      for (const [index, context] of wrong.entries()) refused(() => read({ context }), "context", `value ${index}`);
    });

    test("the longest context is taken", () => {
      assert.equal(read({ context: new Uint8Array(1024) }).asked.length, 1024);
      assert.equal(read({ context: "00".repeat(1024) }).asked.length, 1024);
    });

    test("none is asked for by name, and not beside one", () => {
      assert.equal(read({ noContext: true }).asked.length, 0);
      assert.equal(read({ noContext: true, context: undefined }).asked.length, 0);
      assert.deepEqual([...read({ noContext: false, context: "00" }).asked], [0]);
      refused(() => read({ noContext: true, context: "00" }), "noContext");
      for (const noContext of [1, 0, "true", "", null, {}]) refused(() => read({ noContext }), "noContext");
    });

    test("a name that is misspelt is refused", () => {
      const names = ["contxt", "Context", "nonce", "nocontext", "__proto__", "toString"];
      for (const name of names) refused(() => read({ [name]: "00" }), name);
      refused(() => read({ [Symbol("context")]: "00" }), "Symbol(context)");
    });
  });
}

test("verifying demands a context, proving does not", () => {
  for (const given of [{}, { noContext: false }, { noContext: undefined }]) {
    refused(() => contextOf.verify(given), "context");
    refused(() => contextOf["session.verify"](given), "context");
    assert.equal(contextOf["session.prove"](given).asked.length, 0);
  }
});

test("a request is JSON or an object, in place of a context, and has a time", () => {
  const request = { version: 1, audience: "a" };
  for (const [name, read] of Object.entries(contextOf)) {
    assert.deepEqual(read({ request, now: 7 }).asked, { request: JSON.stringify(request), now: 7 }, name);
    assert.deepEqual(read({ request: "{", now: 0 }).asked, { request: "{", now: 0 }, name);
    const { now } = read({ request }).asked;
    assert.ok(Number.isInteger(now) && Math.abs(now - Date.now() / 1000) < 60, `${now}`);
    for (const wrong of [null, 1, true, [], new Map(), new Uint8Array(4), () => "{}"]) refused(() => read({ request: wrong }), "request");
    const cyclic = {};
    cyclic.cyclic = cyclic;
    refused(() => read({ request: cyclic }), "request");
    refused(() => read({ request: undefined }), "request");
    refused(() => read({ request, context: "00" }), "context");
    refused(() => read({ request, noContext: true }), "noContext");
    refused(() => read({ context: "00", now: 7 }), "now");
    for (const wrong of [-1, 0.5, 2 ** 53, Number.NaN, "7", null]) refused(() => read({ request, now: wrong }), "now");
  }
});

for (const [name, read] of Object.entries(contextOf).slice(1)) {
  test(`the issuer's signature that ${name} asks for`, () => {
    const context = { context: "00" };
    const { issuerKeys, credential, asked, now } = read({ ...context, issuerKeys: { keys: [] }, credential: "a.b.c", now: 7 });
    assert.deepEqual([issuerKeys, credential, [...asked], now], ['{"keys":[]}', "a.b.c", [0], 7]);
    assert.equal(read({ ...context, issuerKeys: "{" }).issuerKeys, "{");
    assert.equal(read({ ...context, issuerKeys: "{}", credential: undefined }).credential, undefined);
    assert.equal(read({ request: {}, issuerKeys: "{}", now: 7 }).asked.now, 7);
    for (const wrong of [null, 1, true, [], new Map(), new Uint8Array(4)]) refused(() => read({ ...context, issuerKeys: wrong }), "issuerKeys");
    for (const wrong of [null, 1, {}, new Uint8Array(4)]) refused(() => read({ ...context, issuerKeys: "{}", credential: wrong }), "credential");
    refused(() => read({ ...context, issuerKeys: undefined }), "issuerKeys");
    refused(() => read({ ...context, credential: "a.b.c" }), "issuerKeys");
    refused(() => read({ issuerKeys: "{}" }), "context");
    refused(() => options.proveOptions({ issuerKeys: "{}" }), "issuerKeys");
  });
}

test("the model of private weights that a proof is about", () => {
  const id = { version: 1, id: "00" };
  for (const read of [contextOf.verify, contextOf["session.verify"]]) {
    assert.deepEqual([read({ context: "00", model: id }).model, read({ context: "00", model: "{" }).model], [JSON.stringify(id), "{"]);
    assert.equal(read({ context: "00" }).model, undefined);
    for (const wrong of [undefined, null, 1, true, [], new Map(), new Uint8Array(4)]) refused(() => read({ context: "00", model: wrong }), "model");
  }
  const read = options.proveOptions;
  assert.deepEqual([read({ modelOpening: id }).modelOpening, read({ modelOpening: "{" }).modelOpening], [JSON.stringify(id), "{"]);
  for (const wrong of [undefined, null, 1, [], new Map(), new Uint8Array(4)]) refused(() => read({ modelOpening: wrong }), "modelOpening");
  assert.throws(() => read({ modelOpening: { secret: 1n } }), ({ message }) => !message.includes("secret"));
  refused(() => read({ model: id }), "model");
});

test("the commitments that a proof must show", () => {
  const one = { schema: "00", commitment: "01" };
  for (const read of [contextOf.verify, contextOf["session.verify"]]) {
    const given = read({ context: "00", inputCommitment: [one, "{"], outputCommitment: one });
    assert.deepEqual([given.inputCommitment, given.outputCommitment], [[JSON.stringify(one), "{"], JSON.stringify(one)]);
    assert.deepEqual(read({ context: "00", inputCommitment: one }).inputCommitment, [JSON.stringify(one)]);
    for (const wrong of [undefined, null, 1, true, [], [1], [undefined], new Map(), new Uint8Array(4)]) {
      refused(() => read({ context: "00", inputCommitment: wrong }), "inputCommitment");
    }
    for (const wrong of [undefined, null, 1, [], [one], new Map()]) refused(() => read({ context: "00", outputCommitment: wrong }), "outputCommitment");
  }
});

test("a proof is about values, or about what opens a commitment", () => {
  const read = options.proofInput;
  const opening = { schema: "00", record: { a: 1, b: null } };
  assert.deepEqual({ ...read({ opening }).opened }, { opening: [JSON.stringify(opening)] });
  assert.deepEqual({ ...read({ opening: "{", credential: "a.b.c" }).opened }, { opening: ["{"], credential: "a.b.c" });
  assert.deepEqual({ ...read({ opening: [opening, "{"] }).opened }, { opening: [JSON.stringify(opening), "{"] });
  assert.deepEqual(read({ opening: [["a"]], x: ["b"] }).inputs, { opening: [["a"]], x: ["b"] });
  // Inputs may have these names.
  assert.deepEqual(read({ opening: [1], credential: [2] }), { inputs: { opening: [1], credential: [2] } });
  assert.deepEqual(read({ opening: Float32Array.of(1) }).inputs, { opening: Float64Array.of(1) });
  for (const wrong of [undefined, null, 1, true, new Map(), () => "{}", { record: Infinity }]) refused(() => read({ opening: wrong }), "opening");
  for (const wrong of [null, 1, {}]) refused(() => read({ opening, credential: wrong }), "credential");
  refused(() => read({ credential: "a.b.c" }), "opening");
  refused(() => read({ opening, x: [1] }), "x");
  refused(() => read({ opening, request: "{}" }), "request");
  refused(() => read("{}"), "inputs");
  assert.throws(() => read({ opening: { secret: 1n } }), ({ message }) => !message.includes("secret"));
  // The credential has a time, also without a request.
  assert.equal(options.proveOptions({ context: "00", now: 7 }, true).now, 7);
  refused(() => options.proveOptions({ context: "00", now: 7 }), "now");
});

test("the options of a new request", () => {
  const needed = { vk: "model.vk", audience: "a.example", purpose: "a check", ttl: 60 };
  assert.equal(options.newRequestOptions(needed).ttl, 60);
  for (const name of Object.keys(needed)) refused(() => options.newRequestOptions({ ...needed, [name]: undefined }), name);
  const wrong = { audience: [1, null], purpose: [{}], ttl: [0, -1, 1.5, "60"], nonce: [1, new Uint8Array(32)], issuer: [1], schema: [{}], responseUri: [new URL("https://a.example")], now: ["1"], vk: [1, ""] };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) refused(() => options.newRequestOptions({ ...needed, [name]: value }), name);
  }
  refused(() => options.newRequestOptions({ ...needed, ttL: 1 }), "ttL");
});

test("records are objects, lists or JSON, whose numbers are kept or refused", () => {
  const read = (record) => options.commitOptions({ schema: {}, record }).record;
  assert.equal(read({ a: 1, b: null, c: Number.NaN }), '{"a":1,"b":null,"c":null}');
  assert.equal(read({ x: [Float32Array.of(1, 2), [3, 4]] }), '{"x":[[1,2],[3,4]]}');
  assert.equal(read(Uint8Array.of(1, 2)), "[1,2]");
  assert.equal(read("{}"), "{}");
  for (const wrong of [null, 1, true, () => 1, new Map(), { a: Infinity }, [-Infinity], { a: 1n }]) refused(() => read(wrong), "record");
  refused(() => options.commitOptions({ schema: 1, record: {} }), "schema");
  refused(() => options.commitOptions({ record: {} }), "schema");
  assert.throws(() => read({ secret: 1n }), ({ message }) => !message.includes("secret"));
});

test("options are a plain object: a nonce in their place is refused", () => {
  const bytes = [Uint8Array.from(NONCE), new Uint8Array(), new ArrayBuffer(32)];
  const wrong = [undefined, null, "00", 1, [], ...bytes, new Map(), () => {}, new (class Nonce {})()];
  const { proveOptions, sessionVerifyOptions, verifyOptions, sessionOptions, keyOptions } = options;
  for (const read of [proveOptions, sessionVerifyOptions, verifyOptions, sessionOptions, keyOptions]) {
    for (const given of wrong) refused(() => read(given), "options", String(given));
  }
  assert.equal(options.proveOptions(runInContext('({ context: "00" })', otherFrame)).asked.length, 1);
  assert.equal(options.proveOptions(Object.assign(Object.create(null), { context: "00" })).asked.length, 1);
});

test("an option is read once, and only of the object itself", () => {
  let reads = 0;
  const given = {
    get context() {
      return ["00", "01"][reads++];
    },
  };
  const { asked: context } = options.proveOptions(given);
  assert.deepEqual([[...context], reads], [[0], 1]);
  Object.prototype.noContext = true;
  try {
    refused(() => options.sessionVerifyOptions({}), "context");
  } finally {
    delete Object.prototype.noContext;
  }
});

test("files are addresses or bytes", () => {
  const read = (model) => options.sessionOptions({ ...FILES, model }).model;
  assert.equal(read("model.hush"), "https://example.org/app/model.hush");
  assert.equal(read(new URL("https://example.com/m.hush")), "https://example.com/m.hush");
  const bytes = Uint8Array.from(NONCE);
  for (const same of [bytes, bytes.buffer, new DataView(bytes.buffer)]) assert.deepEqual(read(same), bytes);
  const others = ["", "https://", null, 1, {}, [1, 2], new Blob([]), { href: "model.hush" }];
  for (const wrong of others) refused(() => read(wrong), "model", String(wrong));
  for (const name of ["model", "srs"]) refused(() => options.sessionOptions({ ...FILES, [name]: undefined }), name);
  for (const name of ["vk", "srs"]) refused(() => options.sessionOptions({ ...FILES, [name]: 7 }), name);
  refused(() => options.verifyOptions({ proof: "{}", context: "00" }), "vk");
  for (const proof of [undefined, null, {}, new Uint8Array(3)]) {
    refused(() => options.verifyOptions({ vk: "m.vk", proof, context: "00" }), "proof");
  }
});

test("digests are 64 lower-case hexadecimal digits, of a file that is given", () => {
  const texts = ["", "00", DIGEST.slice(1), `${DIGEST}0`, `${DIGEST}\n`, DIGEST.toUpperCase(), "g".repeat(64)];
  const wrong = [...texts, null, 1, new Uint8Array(32)];
  const readers = [
    [["modelDigest", "vkDigest", "srsDigest"], (given) => options.sessionOptions({ ...FILES, ...given })],
    [["vkDigest"], (given) => contextOf.verify({ context: "00", ...given })],
    [["modelDigest", "srsDigest"], (given) => options.keyOptions({ ...FILES, ...given })],
    [["srsDigest"], (given) => options.compileModelOptions({ calibration: "rows.npy", srs: "model.srs", ...given })],
  ];
  for (const [names, read] of readers) {
    for (const name of names) {
      assert.equal(read({ [name]: DIGEST })[name], DIGEST);
      for (const digest of wrong) refused(() => read({ [name]: digest }), name, String(digest));
    }
  }
  refused(() => options.keyOptions({ model: "model.hush", srsDigest: DIGEST }), "srsDigest");
  for (const srs of [undefined, "development"]) {
    refused(() => options.compileModelOptions({ calibration: "rows.npy", srs, srsDigest: DIGEST }), "srsDigest");
  }
});

test("the prover's options", () => {
  const read = (given) => options.sessionOptions({ ...FILES, ...given });
  for (const threads of [1, 2, 64]) assert.equal(read({ threads }).threads, threads);
  const counts = [0, -1, 1.5, 65, Number.NaN, Infinity, "2", null, true, 2n, []];
  for (const threads of counts) refused(() => read({ threads }), "threads", String(threads));
  assert.equal(read({ maxMemoryBytes: 2 ** 23 }).maxMemoryBytes, 2 ** 23);
  assert.equal(read({ maxMemoryBytes: Infinity }).maxMemoryBytes, 2 ** 32);
  for (const bytes of [2 ** 23 - 1, -1, Number.NaN, String(2 ** 30), null]) {
    refused(() => read({ maxMemoryBytes: bytes }), "maxMemoryBytes", String(bytes));
  }
  for (const name of ["relaxedSimd", "keepSrs"]) {
    assert.equal(read({ [name]: false })[name], false);
    for (const wrong of ["false", 0, null]) refused(() => read({ [name]: wrong }), name);
  }
  assert.equal(read({ wasm: "pkg" }).wasm, "https://example.org/app/pkg/");
  assert.equal(read({ wasm: new URL("https://example.com/a/") }).wasm, "https://example.com/a/");
  const folders = ["", null, 1, {}, new Uint8Array(1), "data:text/plain,x"];
  for (const wasm of folders) refused(() => read({ wasm }), "wasm", String(wasm));
  const { signal } = new AbortController();
  const onProgress = () => {};
  assert.deepEqual({ ...options.callOptions({ signal, onProgress }) }, { signal, onProgress });
  const { callOptions, proveOptions } = options;
  for (const wrong of [new AbortController(), {}, null, true]) refused(() => callOptions({ signal: wrong }), "signal");
  for (const wrong of ["log", {}, null]) refused(() => callOptions({ onProgress: wrong }), "onProgress");
  for (const transcript of ["blake2b", "keccak"]) assert.equal(proveOptions({ transcript }).transcript, transcript);
  for (const transcript of ["sha256", "Keccak", "", null, 1]) refused(() => proveOptions({ transcript }), "transcript");
  refused(() => options.sessionVerifyOptions({ context: "00", transcript: "keccak" }), "transcript");
});

test("the compiler's options", () => {
  const read = (given) => options.compileOptions({ calibration: "rows.npy", ...given });
  const cases = {
    bits: [[4, 32], [3, 33, 8.5, "8", null]],
    maxError: [[0.01], [0, -1, Number.NaN, Infinity, "1"]],
    target: [["auto", "class", "values"], ["Class", "", null, 1]],
    acceptError: [[true, false], [1, "true", null]],
    margin: [[1, 1e6], [0.5, 1e7, Number.NaN, "2"]],
    inputMargin: [[1.5], [0, null]],
    inputRange: [[[0, 1]], [[1, 0], [1, 1], [0], [0, 1, 2], [0, Infinity], [0, "1"], "0,1", null]],
    output: [
      ["public", "argmax", { threshold: 0 }, { bands: [-1, 0.5, 2] }, { committed: "{" }],
      ["nothing", {}, { bands: [1] }, { bands: [1, 1] }, { bands: [2, 1] }, { bands: [0, Infinity] }, { bands: "0,1" }, { bands: [0, 1], threshold: 0 }, { threshold: Number.NaN }, { threshold: "0" }, { threshold: 0, at: 1 }, { committed: 1 }, { committed: "{", threshold: 0 }, { committed: undefined }, null],
    ],
    input: [["private", "public"], ["secret", true]],
    weights: [["private", "public"], ["secret", "committed", null]],
    prefer: [["speed", "columns"], ["size", 1]],
  };
  for (const [name, [right, wrong]] of Object.entries(cases)) {
    for (const value of right) assert.deepEqual(options.choices(read({ [name]: value }))[name], value);
    for (const value of wrong) refused(() => read({ [name]: value }), name, JSON.stringify(value));
  }
  for (const calibration of [undefined, null, 1, [[1]], () => {}]) {
    refused(() => options.compileOptions({ calibration }), "calibration");
  }
  for (const read of [options.compileOptions, options.compileModelOptions]) {
    const schema = { version: 1, name: "a panel" };
    for (const given of [{ schema }, { schema, input: "committed" }, { schema: JSON.stringify(schema), input: undefined }]) {
      assert.deepEqual(options.choices(read({ calibration: "rows.npy", ...given })).schemas, [JSON.stringify(schema)]);
    }
    const several = options.choices(read({ calibration: "rows.npy", schema: [schema, "{"], output: { committed: schema } }));
    assert.deepEqual([several.schemas, several.output], [[JSON.stringify(schema), "{"], { committed: JSON.stringify(schema) }]);
    for (const schema of [null, 1, [], [1], [undefined], new Map()]) refused(() => read({ calibration: "rows.npy", schema }), "schema");
    const wrong = [{ input: "committed" }, { schema: undefined }, { schema, input: "private" }, { schema, input: "public" }];
    for (const given of wrong) refused(() => read({ calibration: "rows.npy", ...given }), "schema");
  }
  refused(() => read({ srs: "model.srs" }), "srs");
  assert.equal(options.compileModelOptions({ calibration: "rows.npy", srs: "development" }).srs, "development");
  refused(() => options.compilerOptions({ threads: 2 }), "threads");
});

test("the options of a prediction", () => {
  const read = (given) => options.predictOptions({ model: "model.hush", inputs: { x: [1] }, ...given });
  assert.deepEqual(read({ modelDigest: DIGEST }).inputs, { x: [1] });
  for (const model of [undefined, null, 7, ""]) refused(() => read({ model }), "model");
  for (const inputs of [undefined, null, [1], { x: "1" }]) refused(() => read({ inputs }), "inputs");
  for (const digest of ["", "00", null]) refused(() => read({ modelDigest: digest }), "modelDigest");
  for (const name of ["vk", "srs", "context"]) refused(() => read({ [name]: "00" }), name);
});

test("how an ONNX model is read", () => {
  const model = (given) => options.compileModelOptions({ calibration: "rows.npy", ...given });
  const cases = {
    outputs: [[["scores"], []], ["scores", [1], [null], {}, null]],
    dims: [[{ height: 320, "x.3": 1 }, {}], [{ height: 0 }, { height: 1.5 }, { height: "4" }, [4], "height=4", null]],
  };
  for (const read of [options.onnxOptions, model]) {
    for (const [name, [right, wrong]] of Object.entries(cases)) {
      for (const value of right) assert.deepEqual(read({ [name]: value })[name], value);
      for (const value of wrong) refused(() => read({ [name]: value }), name, JSON.stringify(value));
    }
  }
  const outputs = ["scores"];
  const copied = options.onnxOptions({ outputs });
  outputs.push("label");
  assert.deepEqual(copied.outputs, ["scores"]);
  refused(() => options.onnxOptions({ bits: 8 }), "bits");
});

test("inputs are plain objects of arrays, and are copied", () => {
  const read = (inputs) => options.inputTensors(inputs, "inputs");
  const record = [[1, 2], [3, Number.NaN]];
  const copy = read({ record });
  record[0][0] = 7;
  assert.deepEqual(copy, { record: [[1, 2], [3, Number.NaN]] });
  const integers = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array];
  for (const Kind of [Float32Array, Float64Array, ...integers]) {
    assert.deepEqual(read({ record: Kind.of(1, 2) }), { record: Float64Array.of(1, 2) });
    assert.deepEqual(read({ record: [Kind.of(1, 2)] }), { record: [Float64Array.of(1, 2)] });
  }
  assert.deepEqual(Object.keys(read(JSON.parse('{"__proto__": [1]}'))), ["__proto__"]);
  const cyclic = [];
  cyclic.push(cyclic);
  const buffers = [BigInt64Array.of(1n), new DataView(new ArrayBuffer(8)), new ArrayBuffer(8)];
  const arrays = [[1, , 2], [[1], [true]], [1n], [undefined], cyclic];
  for (const value of [1, "1", null, undefined, true, {}, { 0: 1 }, ...arrays, ...buffers]) {
    refused(() => read({ record: value }), "inputs");
  }
  for (const inputs of [null, undefined, [1, 2], Float32Array.of(1), "record", new Map([["record", [1]]])]) {
    refused(() => read(inputs), "inputs");
  }
  // Names and missing values.
  assert.deepEqual(read({ record: [["teacher", 2], [null, 3]] }), { record: [["teacher", 2], [null, 3]] });
  assert.throws(() => read({ record: "a secret" }), ({ message }) => !message.includes("secret"));
});
