import { cp } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const pkg = fileURLToPath(new URL("../pkg", import.meta.url));

// The wasm modules are served as generated: their thread pool loads its helper and itself by address.
const copyPackage = {
  name: "copy-package",
  apply: "build",
  async writeBundle({ dir }) {
    for (const folder of ["lib", "threads", "plain", "single", "compiler"]) {
      await cp(`${pkg}/${folder}`, `${dir}/pkg/${folder}`, { recursive: true, filter: (path) => !/\.d\.ts$|package\.json$|\.gitignore$/.test(path) });
    }
  },
};

const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  base: "./",
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: "es" },
  server: { headers: isolation, fs: { allow: [".", pkg] } },
  plugins: [copyPackage],
});
