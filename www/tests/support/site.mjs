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

/** Exit status of `hushproof verify`: 0 valid, 1 invalid. Files that it cannot use are thrown with what it said. */
export async function verifyNatively(entry, proof, context) {
  const folder = await mkdtemp(join(tmpdir(), "hushproof-"));
  try {
    const file = join(folder, "proof.json");
    await writeFile(file, proof);
    const vk = join(DIST, "artifacts", entry.vk);
    const child = spawn(program(), ["verify", vk, file, "--context", context], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (text) => (said += text));
    const [code] = await once(child, "close");
    if (code !== 0 && code !== 1) throw new Error(`hushproof verify ended with ${code}: ${said}`);
    return code;
  } finally {
    await rm(folder, { recursive: true });
  }
}
