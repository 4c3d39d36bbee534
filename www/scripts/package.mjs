// Writes ../pkg/package.json: the npm package `hushproof`, whose lib/ was just compiled.
import { readFile, writeFile } from "node:fs/promises";

const { version, license } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
const manifest = {
  name: "hushproof",
  version,
  description: "Zero-knowledge proofs of what a model says about private data, made in the browser",
  license,
  type: "module",
  types: "./lib/index.d.ts",
  exports: {
    ".": { types: "./lib/index.d.ts", default: "./lib/index.js" },
    "./threads/*": "./threads/*",
    "./plain/*": "./plain/*",
    "./single/*": "./single/*",
    "./compiler/*": "./compiler/*",
  },
  files: ["lib", "threads", "plain", "single", "compiler"],
};
await writeFile(new URL("../../pkg/package.json", import.meta.url), `${JSON.stringify(manifest, null, 2)}\n`);
