// The few WebDriver commands that a smoke test needs, spoken to geckodriver directly.
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** Starts geckodriver and a headless Firefox. */
export async function startFirefox(geckodriver, firefox) {
  const port = 20_000 + (process.pid % 20_000);
  const child = spawn(geckodriver, ["--port", String(port)], { stdio: "ignore" });
  let ended;
  child.once("error", (error) => (ended = error.message));
  child.once("exit", (code) => (ended ??= `exit status ${code}`));
  const base = `http://127.0.0.1:${port}`;

  async function command(method, path, body) {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(base + path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }

  async function session() {
    for (let tries = 0; ; tries++) {
      if (ended !== undefined) throw new Error(`geckodriver: ${ended}`);
      const up = await command("GET", "/status").catch(() => undefined);
      if (up?.ready) break;
      if (tries > 100) throw new Error("geckodriver does not answer");
      await sleep(100);
    }
    const options = { binary: firefox, args: ["-headless"] };
    const created = await command("POST", "/session", { capabilities: { alwaysMatch: { browserName: "firefox", "moz:firefoxOptions": options } } });
    return `/session/${created.sessionId}`;
  }

  let path;
  try {
    path = await session();
  } catch (error) {
    child.kill();
    throw error;
  }
  const find = async (selector) => (await command("POST", `${path}/element`, { using: "css selector", value: selector }))[ELEMENT];
  const driver = {
    open: (url) => command("POST", `${path}/url`, { url }),
    click: async (selector) => command("POST", `${path}/element/${await find(selector)}/click`, {}),
    text: async (selector) => command("GET", `${path}/element/${await find(selector)}/text`),
    attribute: async (selector, name) => command("GET", `${path}/element/${await find(selector)}/attribute/${name}`),
    /** Polls an attribute until it is one of `values`. */
    async waitFor(selector, name, values, timeout) {
      for (const end = Date.now() + timeout; Date.now() < end; await sleep(200)) {
        const value = await driver.attribute(selector, name);
        if (values.includes(value)) return value;
      }
      throw new Error(`${selector}: ${name} did not become ${values.join(" or ")} in ${timeout / 1000} s`);
    },
    async close() {
      await command("DELETE", path).catch(() => {});
      child.kill();
    },
  };
  return driver;
}
