// A headless Chromium and what a person does on the page.
import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";

/** Slow machines prove on one thread here. */
export const PROVE_TIMEOUT = 300_000;

// The sandbox cannot start for root; the other flags keep the browser from talking to its maker.
const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM_BIN ?? "/usr/bin/chromium", args: FLAGS });
}

/** Opens the site and waits until the first model can be proved. Everything the page complains about fails the test. */
export async function openSite(browser, url, options = {}) {
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PROVE_TIMEOUT);
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.complaints.push(message.text());
  });
  await page.goto(url);
  await ready(page);
  return page;
}

/** Waits until the page is idle and able to prove; an error shown on the page is thrown. */
export async function ready(page) {
  await page.locator("#status[data-state=ready], #status[data-state=error]").waitFor({ state: "attached" });
  const shown = page.locator("#error");
  if (await shown.isVisible()) throw new Error(`the page says: ${await shown.textContent()}`);
}

export async function chooseModel(page, entry) {
  if ((await page.locator("#model").inputValue()) === entry.id) return;
  await page.locator("#model").selectOption(entry.id);
  await ready(page);
}

/** Fills in an example. */
export async function fillExample(page, index = 0) {
  await page.locator("#examples button").nth(index).click();
}

/** Proves what the form holds, and returns the proof as downloaded with the context it was made for. */
export async function proveOnPage(page) {
  await page.locator("#context-random").click();
  const context = await page.locator("#context").inputValue();
  await page.locator("#prove").click();
  await page.locator("#status[data-state=proving]").waitFor({ state: "attached", timeout: 5000 }).catch(() => {});
  await ready(page);
  await page.locator("#result").waitFor();
  return { context, proof: await downloadProof(page), answer: await page.locator("#answer").textContent() };
}

async function downloadProof(page) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#download").click()]);
  return readFile(await download.path(), "utf8");
}

/**
 * Gives a proof to the verify panel, with no context if that is empty: `{ state, text }` with state `valid`, `invalid`
 * or `error`.
 */
export async function verifyOnPage(page, proof, context) {
  await page.locator("#verify-file").setInputFiles({ name: "proof.json", mimeType: "application/json", buffer: Buffer.from(proof) });
  await page.locator("#verify-no-context").setChecked(context === "");
  if (context !== "") await page.locator("#verify-context").fill(context);
  await page.locator("#verify-run").click();
  const result = page.locator("#verify-result:not([data-state=busy])");
  await result.waitFor();
  return { state: await result.getAttribute("data-state"), text: await result.textContent() };
}

/** Text of a row of the result. */
export async function measured(page, term) {
  return page.locator(`#measured dt:text-is("${term}") + dd`).textContent();
}

/**
 * Presses Prove, and Cancel as soon as it can be pressed: from within, as a proof may take less time than a click from
 * out here.
 */
export async function proveAndCancel(page) {
  await page.evaluate(() => {
    const [prove, cancel] = ["#prove", "#cancel"].map((id) => document.querySelector(id));
    const watch = new MutationObserver(() => {
      if (cancel.disabled) return;
      watch.disconnect();
      cancel.click();
    });
    watch.observe(cancel, { attributeFilter: ["disabled"] });
    prove.click();
  });
}
