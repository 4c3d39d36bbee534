// The page on a phone, with a keyboard, and for assistive technology.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fillExample, launch, openSite, proveOnPage, verifyOnPage } from "./support/browser.mjs";
import { serveNatively } from "./support/site.mjs";

const SCREENSHOTS = process.env.SCREENSHOT_DIR;
let browser;
let site;
before(async () => {
  browser = await launch();
  site = await serveNatively();
  if (SCREENSHOTS) await mkdir(SCREENSHOTS, { recursive: true });
});
after(async () => {
  await browser?.close();
  await site?.close();
});

const phone = { viewport: { width: 375, height: 720 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

for (const [name, options] of [
  ["phone", phone],
  ["phone-dark", { ...phone, colorScheme: "dark" }],
  ["desktop", { viewport: { width: 1100, height: 900 } }],
]) {
  test(`${name}: nothing scrolls sideways, with the result and the verify panel filled`, async () => {
    const page = await openSite(browser, site.url, options);
    await page.locator("#load").evaluate((details) => (details.open = true));
    await fillExample(page);
    const { proof, context } = await proveOnPage(page);
    await verifyOnPage(page, proof, context);
    if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
    const { scroll, width } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, width: window.innerWidth }));
    assert.ok(scroll <= width, `${scroll} px wide on a screen of ${width} px`);
    assert.deepEqual(page.complaints, []);
  });
}

test("every control has a name, and every duplicate id is a mistake", async () => {
  const page = await openSite(browser, site.url);
  const { unnamed, ids } = await page.evaluate(() => ({
    unnamed: [...document.querySelectorAll("input, select, textarea, button")]
      .filter((control) => !(control.labels?.length || control.textContent.trim() || control.ariaLabel))
      .map((control) => control.outerHTML),
    ids: [...document.querySelectorAll("[id]")].map(({ id }) => id),
  }));
  assert.deepEqual(unnamed, []);
  assert.equal(new Set(ids).size, ids.length);
});

test("a proof can be made with the keyboard alone", async () => {
  const page = await openSite(browser, site.url);
  const tabTo = async (selector) => {
    for (let presses = 0; presses < 80; presses++) {
      await page.keyboard.press("Tab");
      if (await page.locator(selector).first().evaluate((target) => target === document.activeElement)) return;
    }
    assert.fail(`${selector} cannot be reached with Tab`);
  };
  await tabTo("#examples button");
  await page.keyboard.press("Enter");
  await tabTo("#prove");
  await page.keyboard.press("Enter");
  await page.locator("#result").waitFor();
  assert.ok(await page.locator("#result").evaluate((section) => section === document.activeElement), "the result gets the focus");
  await tabTo("#verify-this");
  await page.keyboard.press("Enter");
  await page.locator("#verify-result[data-state=valid]").waitFor();
});
