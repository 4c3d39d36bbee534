// node patch.mjs ENGINE_DIR: makes an installed @ezkljs/engine 21.0.0 run unbundled in a module worker, with threads.
// As published its thread pool never starts, because `import.meta.resolve` is a function and not a base URL and because
// a folder is not a module; and its one bare import, json-bigint, needs a bundler. Nothing else is changed.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const web = join(process.argv[2], "web");
const helpers = join(web, "snippets/wasm-bindgen-rayon-3e04391371ad0a8e/src");

function replaceOnce(path, from, to) {
  const text = readFileSync(path, "utf8");
  if (text.split(from).length !== 2) throw new Error(`${path}: expected exactly one ${JSON.stringify(from)}`);
  writeFileSync(path, text.replace(from, () => to));
}

replaceOnce(
  join(helpers, "workerHelpers.js"),
  "new URL('./workerHelpers.worker.js', import.meta.resolve)",
  "new URL('./workerHelpers.worker.js', import.meta.url)",
);
replaceOnce(join(helpers, "workerHelpers.worker.js"), "from '../../../';", "from '../../../ezkl.js';");
replaceOnce(join(web, "utils.js"), 'from "json-bigint"', 'from "./json-bigint.js"');

// json-bigint and bignumber.js are CommonJS: wrap their files in one ES module.
const packages = join(process.argv[2], "../..");
const files = {
  "json-bigint": "json-bigint/index.js",
  "./lib/parse.js": "json-bigint/lib/parse.js",
  "./lib/stringify.js": "json-bigint/lib/stringify.js",
  "bignumber.js": "bignumber.js/bignumber.js",
};
const modules = Object.entries(files).map(
  ([name, file]) =>
    `${JSON.stringify(name)}(module, exports, require) {\n${readFileSync(join(packages, file), "utf8")}\n},`,
);
writeFileSync(
  join(web, "json-bigint.js"),
  `const modules = {
${modules.join("\n")}
};
const loaded = {};
function require(name) {
  if (!loaded[name]) {
    loaded[name] = { exports: {} };
    modules[name](loaded[name], loaded[name].exports, require);
  }
  return loaded[name].exports;
}
export const { parse, stringify } = require("json-bigint");
`,
);
