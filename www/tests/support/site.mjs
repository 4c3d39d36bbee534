// The built site and the native program that serves it and checks its proofs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The built site. */
export const DIST = resolve(process.env.HUSHPROOF_DIST ?? fileURLToPath(new URL("../../dist", import.meta.url)));

/** The models of the built site. */
export async function readCatalog() {
  return JSON.parse(await readFile(join(DIST, "artifacts/manifest.json"), "utf8"));
}

function program() {
  const path = process.env.HUSHPROOF_BIN;
  if (!path) throw new Error("set HUSHPROOF_BIN to the native hushproof program");
  return resolve(path);
}

/** Serves the site with `hushproof serve`. */
export async function serveNatively() {
  const child = spawn(program(), ["serve", "--addr", "127.0.0.1:0", "--root", DIST], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  const url = await new Promise((found, failed) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on("line", (line) => {
        log += `${line}\n`;
        const address = /listening on (http:\/\/\S+)/.exec(line)?.[1];
        if (address) found(`${address.replace(/\/$/, "")}/`);
      });
    }
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`hushproof serve ended with ${code}: ${log}`)));
  });
  return {
    url,
    async close() {
      if (child.exitCode !== null) return;
      child.kill();
      await once(child, "exit");
    },
  };
}

/** The repository's models. */
export const MODELS = fileURLToPath(new URL("../../../models", import.meta.url));

/**
 * The bytes that `hushproof compile` writes for an ONNX file and the text or bytes of its calibration rows, on records of a
 * schema if there is one.
 */
export async function compileNatively(onnx, calibration, options = [], schema = undefined) {
  return inFolder(async (folder) => {
    const [rows, hush, file] = ["rows", "model.hush", "schema.json"].map((name) => join(folder, name));
    await writeFile(rows, calibration);
    if (schema) await writeFile(file, JSON.stringify(schema));
    await run(["compile", onnx, "-o", hush, "--calibration", rows, ...options, ...(schema ? ["--schema", file] : [])]);
    return readFile(hush);
  });
}

/**
 * Exit status of `hushproof verify`: 0 valid, 1 invalid; an empty context is none. `vk` is a file of the site or bytes; files that it cannot use
 * are thrown. With keys of issuers their credential must hold at 1,500; with a model's id file the proof must be about it.
 */
export async function verifyNatively(entry, proof, context, issuerKeys = undefined, model = undefined) {
  return inFolder(async (folder) => {
    const [file, made] = [join(folder, "proof.json"), join(folder, "made.vk")];
    await writeFile(file, proof);
    if (typeof entry.vk !== "string") await writeFile(made, entry.vk);
    const vk = typeof entry.vk === "string" ? join(DIST, "artifacts", entry.vk) : made;
    const keys = join(folder, "keys.json");
    if (issuerKeys) await writeFile(keys, issuerKeys);
    const issuer = issuerKeys ? ["--issuer-keys", keys, "--now", "1500"] : [];
    const id = join(folder, "model.id.json");
    if (model) await writeFile(id, model);
    const bound = model ? ["--model", id] : [];
    return run(["verify", vk, file, ...(context === "" ? ["--no-context"] : ["--context", context]), ...issuer, ...bound], [0, 1]);
  });
}

/** What `hushproof commit` writes for a record with this salt. */
export async function commitNatively(schema, record, salt) {
  return inFolder(async (folder) => {
    const path = (name) => join(folder, name);
    await writeFile(path("schema.json"), JSON.stringify(schema));
    await writeFile(path("record.json"), JSON.stringify(record));
    await writeFile(path("salt"), salt);
    const files = ["--schema", path("schema.json"), "--record", path("record.json"), "--salt", path("salt")];
    await run(["commit", ...files, "-o", path("opening.json")]);
    return JSON.parse(await readFile(path("opening.json"), "utf8"));
  });
}

/** What `hushproof model commit` makes for a model with private weights, of bytes: the public file, and what its owner keeps. */
export async function commitModelNatively({ hush, vk, srs }) {
  return inFolder(async (folder) => {
    const path = (name) => join(folder, name);
    const files = { "model.hush": hush, "model.vk": vk, "model.srs": srs };
    for (const [name, bytes] of Object.entries(files)) await writeFile(path(name), Buffer.from(bytes));
    await run(["model", "commit", path("model.hush"), "--vk", path("model.vk"), "--srs", path("model.srs")]);
    const read = (name) => readFile(path(name), "utf8");
    return { id: await read("model.id.json"), opening: await read("model.id.opening.json") };
  });
}

/** A manifest of a model that was compiled from an ONNX file with these options, and names its private weights, if any. */
export async function signModelNatively({ onnx, rows, hush, vk }, options, id = undefined) {
  return inFolder(async (folder) => {
    const path = (name) => join(folder, name);
    const files = { "model.hush": Buffer.from(hush), "model.vk": Buffer.from(vk), "rows.json": JSON.stringify(rows), "model.id.json": id ?? "" };
    for (const [name, bytes] of Object.entries(files)) await writeFile(path(name), bytes);
    await run(["attest", "key", "-o", path("key.jwk"), "--public", path("keys.json")]);
    const model = ["--model", path("model.hush"), "--vk", path("model.vk"), "--calibration", path("rows.json")];
    const named = id === undefined ? [] : ["--model-id", path("model.id.json")];
    await run(["manifest", "sign", onnx, ...model, ...named, "--key", path("key.jwk"), "--issuer", "models.example", ...options, "-o", path("manifest.jws")]);
    const read = (file) => readFile(path(file), "utf8");
    return { manifest: await read("manifest.jws"), publisherKeys: await read("keys.json") };
  });
}

/** What `hushproof attest` makes for a commitment, signed at 1,000 for 1,000 seconds, with the keys of its issuer. */
export async function attestNatively(alg, commitment, issuer = "labor.example") {
  return inFolder(async (folder) => {
    const path = (name) => join(folder, name);
    await writeFile(path("commitment.json"), commitment);
    await run(["attest", "key", "--alg", alg, "-o", path("key.jwk"), "--public", path("keys.json")]);
    const times = ["--ttl", "1000", "--now", "1000"];
    const files = ["--key", path("key.jwk"), "--commitment", path("commitment.json"), "-o", path("credential.jws")];
    await run(["attest", "sign", "--issuer", issuer, ...times, ...files]);
    const read = (name) => readFile(path(name), "utf8");
    return { credential: await read("credential.jws"), keys: await read("keys.json") };
  });
}

/** A manifest of a model, compiled here from the repository's ONNX file with these options, and the keys of its publisher. */
export async function manifestNatively(name, srs, calibration, options = []) {
  return inFolder(async (folder) => {
    const path = (file) => join(folder, file);
    const onnx = join(MODELS, `${name}.onnx`);
    await run(["compile", onnx, "-o", path("model.hush"), "--calibration", calibration, "--srs", join(DIST, "artifacts", srs), ...options]);
    await run(["attest", "key", "-o", path("key.jwk"), "--public", path("keys.json")]);
    const model = ["--model", path("model.hush"), "--vk", path("model.vk"), "--calibration", calibration];
    await run(["manifest", "sign", onnx, ...model, "--key", path("key.jwk"), "--issuer", "models.example", ...options, "-o", path("manifest.jws")]);
    const read = (file) => readFile(path(file), "utf8");
    return { manifest: await read("manifest.jws"), keys: await read("keys.json"), vk: await readFile(path("model.vk")), hush: await readFile(path("model.hush")) };
  });
}

async function inFolder(task) {
  const folder = await mkdtemp(join(tmpdir(), "hushproof-"));
  try {
    return await task(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Exit status of the program; another than those accepted is thrown with what it said. */
async function run(options, accepted = [0]) {
  const child = spawn(program(), options, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  const [code] = await once(child, "close");
  if (!accepted.includes(code)) throw new Error(`hushproof ${options[0]} ended with ${code}: ${said}`);
  return code;
}
