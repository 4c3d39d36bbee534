// A smoke test in a stock Firefox: prove with threads and verify, on the page.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { PROVE_TIMEOUT } from "./support/browser.mjs";
import { serveNatively } from "./support/site.mjs";
import { startFirefox } from "./support/webdriver.mjs";

const geckodriver = process.env.GECKODRIVER_BIN ?? "geckodriver";
const firefox = process.env.FIREFOX_BIN ?? "/usr/bin/firefox-esr";
const missing = [geckodriver, firefox].filter((program) => spawnSync(program, ["--version"]).status !== 0);
// In CI a missing browser is a failure: the test runs and says what cannot be started.
const skip = missing.length > 0 && !process.env.CI && `not installed: ${missing.join(", ")} (cargo install geckodriver; set GECKODRIVER_BIN, FIREFOX_BIN)`;

test("Firefox proves with threads and verifies", { skip }, async () => {
  const site = await serveNatively();
  const browser = await startFirefox(geckodriver, firefox).catch(async (error) => {
    await site.close();
    throw error;
  });
  try {
    await browser.open(site.url);
    assert.equal(await browser.waitFor("#status", "data-state", ["ready", "error"], PROVE_TIMEOUT), "ready", await browser.text("#error"));
    assert.match(await browser.text("#facts"), /\b([2-9]|\d\d) threads/);
    await browser.click("#examples button");
    await browser.click("#context-random");
    await browser.click("#prove");
    await browser.waitFor("#status", "data-state", ["proving"], 2000).catch(() => {});
    assert.equal(await browser.waitFor("#status", "data-state", ["ready", "error"], PROVE_TIMEOUT), "ready", await browser.text("#error"));
    await browser.click("#verify-this");
    assert.equal(await browser.waitFor("#verify-result", "data-state", ["valid", "invalid", "error"], PROVE_TIMEOUT), "valid");
    assert.match(await browser.text("#verify-result"), /^Verified: /);
  } finally {
    await browser.close();
    await site.close();
  }
});
