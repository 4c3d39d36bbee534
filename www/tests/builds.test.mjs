// Each wasm build proves, with the arithmetic it was made for; the one to load is chosen by what the browser can do.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openApi } from "./support/api.mjs";
import { launch } from "./support/browser.mjs";
import { serveFiles } from "./support/server.mjs";
import { DIST, readCatalog, verifyNatively } from "./support/site.mjs";

const [entry] = await readCatalog();
const CONTEXT = "5a".repeat(32);
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

/** Proves on a page of its own; also the builds that were downloaded for it. */
async function proveWith(options, prepare) {
  const page = await openApi(browser, site.url);
  try {
    await prepare?.(page);
    const from = site.requests.length;
    const proved = await page.evaluate(run, { entry, context: CONTEXT, options });
    const builds = site.requests.slice(from).flatMap(({ url }) => /\/pkg\/(\w+)\/hushproof_bg\.wasm$/.exec(url)?.[1] ?? []);
    return { ...proved, builds };
  } finally {
    await page.close();
  }
}

/** Runs in the page. */
async function run({ entry, context, options: { transcript, ...options } }) {
  const { ProvingSession } = await import("/pkg/lib/index.js");
  const artifact = (path) => new URL(path, `${location.origin}/artifacts/`);
  const session = await ProvingSession.create({ model: artifact(entry.hush), vk: artifact(entry.vk), srs: artifact(entry.srs), ...options });
  const { proof } = await session.prove({ [entry.input.name]: entry.examples[0].record }, { context, transcript });
  session.close();
  return { proof, arithmetic: session.arithmetic, threads: session.threads };
}

describe("a build", () => {
  const cases = [
    ["threads", "fma51", { threads: 2 }],
    ["plain", "limbs30", { threads: 2, relaxedSimd: false }],
    ["single", "limbs30", { threads: 1 }],
  ];
  for (const [build, arithmetic, options] of cases) {
    test(`${build} proves with ${arithmetic}, and the native verifier accepts`, async () => {
      const proved = await proveWith(options);
      assert.deepEqual(proved.builds, [build]);
      assert.equal(proved.arithmetic, arithmetic);
      assert.equal(proved.threads, options.threads);
      assert.equal(await verifyNatively(entry, proved.proof, CONTEXT), 0);
    });
  }
});

test("a proof over Keccak is accepted by the native verifier, under its name only", async () => {
  const { proof } = await proveWith({ threads: 2, transcript: "keccak" });
  assert.equal(JSON.parse(proof).transcript, "keccak");
  assert.equal(await verifyNatively(entry, proof, CONTEXT), 0);
  const { transcript: _, ...unnamed } = JSON.parse(proof);
  assert.equal(await verifyNatively(entry, JSON.stringify(unnamed), CONTEXT), 1);
});

test("a browser without relaxed SIMD gets the plain build", async () => {
  // The worker as it would run in an older browser, which knows none of these instructions.
  const older = `{
    const { validate } = WebAssembly;
    WebAssembly.validate = (bytes) => !new Uint8Array(bytes).some((byte, i, all) => byte === 0xfd && all[i + 2] === 0x02) && validate(bytes);
  }`;
  const proved = await proveWith({ threads: 2 }, (page) =>
    page.route("**/pkg/lib/worker.js", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${older}\n${await response.text()}` });
    }),
  );
  assert.deepEqual(proved.builds, ["plain"]);
  assert.equal(proved.arithmetic, "limbs30");
  assert.equal(await verifyNatively(entry, proved.proof, CONTEXT), 0);
});

test("detection is of relaxed SIMD, not of any SIMD", async () => {
  const page = await openApi(browser, site.url);
  const detected = await page.evaluate(async () => {
    const { chooseBuild, hasRelaxedSimd } = await import("/pkg/lib/environment.js");
    const chosen = [chooseBuild(2, true), chooseBuild(2, false), chooseBuild(1, true)];
    const { validate } = WebAssembly;
    let asked;
    WebAssembly.validate = (bytes) => ((asked = [...bytes]), false);
    const without = [hasRelaxedSimd(), chooseBuild(2, true)];
    // The same module with an opcode that no proposal has.
    const unknown = Uint8Array.from(asked, (byte, i) => (asked[i - 1] === 0xfd ? 0xff : byte));
    return { chosen, without, valid: [validate(Uint8Array.from(asked)), validate(unknown)] };
  });
  assert.deepEqual(detected, { chosen: ["threads", "plain", "single"], without: [false, "plain"], valid: [true, false] });
  await page.close();
});
