// A bare page of the site's origin, from which scripts import the JavaScript API.
import { PROVE_TIMEOUT } from "./browser.mjs";

/**
 * Opens the list of models as a document: same headers as the page, and nothing running on it. In a context of its own,
 * or in the one given instead of a browser.
 */
export async function openApi(browser, url) {
  const page = await browser.newPage();
  page.setDefaultTimeout(PROVE_TIMEOUT);
  await page.goto(new URL("artifacts/manifest.json", url).href);
  return page;
}
