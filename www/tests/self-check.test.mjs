// examples/self-check, as its README has it: publisher, clinic and hospital by their scripts, the patient on the page.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { launch } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";
import { DIST, MODELS } from "./support/site.mjs";

const EXAMPLE = fileURLToPath(new URL("../../examples/self-check", import.meta.url));
const RECORD = join(MODELS, "breast_cancer_record.json");

let browser;
let folder;
let site;
before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "self-check-"));
  await run("publisher.sh", MODELS, folder);
  await run("clinic.sh", RECORD, folder);
  await run("hospital.sh", "ask", folder);
  await copyFile(join(EXAMPLE, "patient.html"), join(folder, "patient.html"));
  await symlink(join(DIST, "pkg"), join(folder, "pkg"));
  site = await serveFiles(folder, { isolated: true });
});
after(async () => {
  await browser?.close();
  await site?.close();
  if (folder) await rm(folder, { recursive: true });
});

/** Exit status and output of a script. */
async function run(script, ...args) {
  const env = { ...process.env, HUSHPROOF: resolve(process.env.HUSHPROOF_BIN) };
  const made = await promisify(execFile)(join(EXAMPLE, script), args, { env }).catch((error) => error);
  if (made.code && script !== "hospital.sh") throw made;
  return { status: made.code ?? 0, said: made.stdout + made.stderr };
}

/** What the patient does, with the first or the second opening and credential. */
async function prove(opening, credential) {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  page.setDefaultTimeout(120_000);
  await page.goto(new URL("patient.html", site.url).href);
  const files = { model: "publisher/model.hush", vk: "publisher/model.vk", srs: "publisher/model.srs", request: "hospital/request.json" };
  const given = { ...files, opening: `patient/${opening}.opening.json`, credential: `patient/${credential}.credential.jws` };
  for (const [id, path] of Object.entries(given)) await page.locator(`#${id}`).setInputFiles(join(folder, path));
  const before = site.requests.length;
  await page.locator("#prove").click();
  await page.locator("#prove:enabled").waitFor();
  const said = await page.locator("#status").textContent();
  if (said !== "Proved.") return { said };
  const shown = await page.locator("#shown").textContent();
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#send").click()]);
  const proof = await readFile(await download.path(), "utf8");
  await page.close();
  const sent = site.requests.slice(before).map(({ method, url, body }) => `${method} ${url} ${body}`);
  return { said, shown, proof, sent };
}

test("the hospital gets the answer to its request, and nothing of the record", async () => {
  const { said, shown, proof, sent } = await prove(1, 1);
  assert.equal(said, "Proved.");
  for (const text of ["hospital.example", "the self-check before your visit", "clinic.example"]) assert.ok(shown.includes(text), shown);
  const path = join(folder, "proof.json");
  await writeFile(path, proof);
  const verified = await run("hospital.sh", "verify", path, folder);
  assert.equal(verified.status, 0, verified.said);
  assert.match(verified.said, /clinic\.example/);
  const { salt, record } = JSON.parse(await readFile(join(folder, "patient/1.opening.json"), "utf8"));
  const secrets = [salt, ...record.record.flat().map(String).filter((value) => value.length > 4)];
  assert.ok(secrets.length > 10);
  for (const secret of secrets) assert.ok(!proof.includes(secret) && !sent.some((entry) => entry.includes(secret)), secret);
  assert.ok(sent.every((entry) => entry.startsWith("GET ") && entry.endsWith(" ")), sent.join("\n"));

  // For another request the same proof is none.
  await run("hospital.sh", "ask", folder);
  const replayed = await run("hospital.sh", "verify", path, folder);
  assert.equal(replayed.status, 1, replayed.said);
});

test("two showings share no value that links them, and one's credential does not serve the other", async () => {
  const [first, second] = [await prove(1, 1), await prove(2, 2)];
  const values = ({ proof }) => {
    const { proof: bytes, credential, public: shown } = JSON.parse(proof);
    // A column that is 0 in every proof is so at any challenge.
    return new Set([shown.input_commitment, credential, ...bytes.match(/.{64}/g).filter((value) => /[^0]/.test(value))]);
  };
  const [a, b] = [values(first), values(second)];
  assert.deepEqual([...a].filter((value) => b.has(value)), []);
  const { said } = await prove(1, 2);
  assert.match(said, /\(credential\)$/);
});
