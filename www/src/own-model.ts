/**
 * The panel that compiles a person's own ONNX model. Files are read here and nowhere else; nothing is sent or stored.
 */
import { formatNumber, type CatalogEntry } from "./catalog.js";
import { element, fillList, make, show } from "./dom.js";
import { HushproofError, makeKeys, ModelCompiler, type Compiled, type CompileOptions, type OnnxInfo, type OutputAccuracy } from "./lib/index.js";
import { sentence, stageText } from "./messages.js";

const MAX_MODEL_BYTES = 512 << 20;
const MAX_SAMPLES_BYTES = 512 << 20;
const MAX_SRS_BYTES = 2 ** 31;
/** Above this a browser's prover has no room. */
const MUCH_MEMORY_BYTES = 2 ** 31;

/** What the panel needs from the page. */
export interface OwnModelPage {
  /** Where the wasm modules are. */
  wasm: URL;
  /** Makes the page prove with a compiled model. */
  use(entry: CatalogEntry): Promise<void>;
}

type Work = (options: Required<Pick<CompileOptions, "signal" | "onProgress">>) => Promise<void>;

export class OwnModelPanel {
  readonly #page: OwnModelPage;
  readonly #panel = element("own");
  readonly #modelFile = element<HTMLInputElement>("own-model");
  readonly #samplesFile = element<HTMLInputElement>("own-samples");
  readonly #srsFile = element<HTMLInputElement>("own-srs");
  readonly #output = element<HTMLSelectElement>("own-output");
  readonly #threshold = element<HTMLInputElement>("own-threshold");
  readonly #compileButton = element<HTMLButtonElement>("own-compile");
  readonly #cancelButton = element<HTMLButtonElement>("own-cancel");
  readonly #useButton = element<HTMLButtonElement>("own-use");
  readonly #progress = element<HTMLProgressElement>("own-progress");
  readonly #status = element("own-status");
  readonly #error = element("own-error");
  readonly #info = element("own-info");
  readonly #report = element("own-report");
  readonly #downloads = element("own-downloads");
  #compiler: ModelCompiler | undefined;
  #onnx: { name: string; bytes: Uint8Array<ArrayBuffer>; info: OnnxInfo } | undefined;
  #samples: { bytes: Uint8Array<ArrayBuffer>; rows: readonly Float64Array[] } | undefined;
  /** What the samples file holds until there is a model to read it for. */
  #samplesBytes: Uint8Array<ArrayBuffer> | undefined;
  #srs: Uint8Array<ArrayBuffer> | undefined;
  #compiled: Compiled | undefined;
  #running: AbortController | undefined;

  constructor(page: OwnModelPage) {
    this.#page = page;
    this.#modelFile.addEventListener("change", () => void this.#take([...(this.#modelFile.files ?? [])], "onnx"));
    this.#samplesFile.addEventListener("change", () => void this.#take([...(this.#samplesFile.files ?? [])], "samples"));
    this.#srsFile.addEventListener("change", () => void this.#take([...(this.#srsFile.files ?? [])], "srs"));
    this.#compileButton.addEventListener("click", () => void this.#compile());
    this.#cancelButton.addEventListener("click", () => this.#running?.abort());
    this.#useButton.addEventListener("click", () => void this.#use());
    this.#output.addEventListener("change", () => {
      element("own-threshold-field").hidden = this.#output.value !== "threshold";
      this.#forget();
    });
    this.#threshold.addEventListener("input", () => this.#forget());
    for (const type of ["dragenter", "dragover"]) {
      this.#panel.addEventListener(type, (event) => {
        event.preventDefault();
        this.#panel.classList.add("dragging");
      });
    }
    this.#panel.addEventListener("dragleave", () => this.#panel.classList.remove("dragging"));
    this.#panel.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#panel.classList.remove("dragging");
      void this.#take([...(event.dataTransfer?.files ?? [])]);
    });
  }

  /** Reads chosen files, or dropped ones, which their names tell apart. */
  async #take(files: readonly File[], kind?: "onnx" | "samples" | "srs"): Promise<void> {
    if (files.length === 0 || this.#running) return;
    await this.#run("reading", async (options) => {
      for (const file of files) {
        const of = kind ?? (/\.onnx$/i.test(file.name) ? "onnx" : /\.srs$/i.test(file.name) ? "srs" : "samples");
        this.#forget();
        if (of === "onnx") {
          this.#onnx = undefined;
          this.#samples = undefined;
          show(this.#info, undefined);
          const bytes = await read(file, MAX_MODEL_BYTES);
          this.#onnx = { name: file.name, bytes, info: await (await this.#start(options)).read(bytes, options) };
          show(this.#info, describe(this.#onnx.info));
        } else if (of === "samples") {
          this.#samples = undefined;
          this.#samplesBytes = undefined;
          this.#samplesBytes = await read(file, MAX_SAMPLES_BYTES);
        } else {
          this.#srs = undefined;
          this.#srs = await read(file, MAX_SRS_BYTES);
        }
      }
      if (this.#onnx && this.#samplesBytes && !this.#samples) {
        const bytes = this.#samplesBytes;
        this.#samples = { bytes, rows: await (await this.#start(options)).rows(bytes, options) };
      }
      this.#status.textContent = this.#samples
        ? `${count(this.#samples.rows.length, "sample row")}. Ready to compile.`
        : this.#onnx
          ? "Now choose sample inputs."
          : "Now choose the model.";
    });
  }

  /** Compiles; with `acceptError` also to a model that misses the target. */
  async #compile(acceptError = false): Promise<void> {
    const [onnx, samples] = [this.#onnx, this.#samples];
    if (!onnx || !samples || this.#running) return;
    this.#forget();
    await this.#run("compiling", async (options) => {
      const compiler = await this.#start(options);
      this.#compiled = await compiler.compile({ calibration: samples.bytes, output: this.#chosenOutput(), acceptError, ...options });
      this.#status.textContent = "Compiled. Nothing was sent.";
      this.#showReport(this.#compiled);
    });
  }

  /** Makes the keys and hands the model to the page. */
  async #use(): Promise<void> {
    const [onnx, compiled, samples] = [this.#onnx, this.#compiled, this.#samples];
    if (!onnx || !compiled || !samples || this.#running) return;
    let entry: CatalogEntry | undefined;
    await this.#run("keys", async (options) => {
      const srs = this.#srs ? { srs: this.#srs } : {};
      const keys = await makeKeys({ model: compiled.hush, wasm: this.#page.wasm, ...srs, ...options });
      this.#compiled = { ...compiled, ...keys };
      this.#showDownloads(onnx.name, this.#compiled);
      this.#status.textContent = "Ready to prove, above.";
      const title = `Your model: ${onnx.name}`;
      const input = { name: onnx.info.input.name, shape: [...onnx.info.input.shape] };
      const description = "Compiled on this page. It is gone when the page is closed, unless you download its files.";
      entry = { id: `own:${onnx.name}`, title, description, hush: compiled.hush, vk: keys.vk, srs: keys.srs, input, examples: [], samples: samples.rows };
    });
    if (!entry) return;
    element("model").scrollIntoView({ block: "center" });
    element("model").focus();
    await this.#page.use(entry);
  }

  #chosenOutput(): NonNullable<CompileOptions["output"]> {
    if (this.#output.value === "argmax") return "argmax";
    if (this.#output.value !== "threshold") return "public";
    const threshold = this.#threshold.value.trim() === "" ? Number.NaN : Number(this.#threshold.value);
    if (!Number.isFinite(threshold)) throw new HushproofError("option", "the threshold is not a number", { option: "output" });
    return { threshold };
  }

  /** The compiler with the chosen model in it; another one where the last was stopped. */
  async #start(options: Parameters<Work>[0]): Promise<ModelCompiler> {
    if (this.#compiler) return this.#compiler;
    const compiler = await ModelCompiler.create({ wasm: this.#page.wasm, ...options });
    if (this.#onnx) await compiler.read(this.#onnx.bytes, options);
    return (this.#compiler = compiler);
  }

  /** Forgets what was compiled of other files or options. */
  #forget(): void {
    this.#compiled = undefined;
    this.#report.hidden = true;
    this.#status.textContent = "";
    show(this.#error, undefined);
  }

  /** Runs one cancellable piece of work; `data-state` names the state for scripts. */
  async #run(state: "reading" | "compiling" | "keys", work: Work): Promise<void> {
    const controller = new AbortController();
    this.#running = controller;
    show(this.#error, undefined);
    this.#status.dataset["state"] = state;
    this.#enable();
    this.#progress.hidden = false;
    this.#progress.removeAttribute("value");
    try {
      const onProgress = (stage: string, fraction: number) => {
        const text = `${stageText(stage)}…`;
        if (this.#status.textContent !== text) this.#status.textContent = text;
        if (fraction > 0 && fraction < 1) this.#progress.value = fraction;
        else this.#progress.removeAttribute("value");
      };
      await work({ signal: controller.signal, onProgress });
      this.#status.dataset["state"] = "ready";
    } catch (error) {
      const code = error instanceof HushproofError ? error.code : "";
      // Its worker is gone.
      if (["cancelled", "worker-crashed", "out-of-memory"].includes(code) && state !== "keys") {
        this.#compiler?.close();
        this.#compiler = undefined;
      }
      this.#status.dataset["state"] = code === "cancelled" ? "ready" : "error";
      this.#status.textContent = code === "cancelled" ? "Cancelled." : "";
      if (code !== "cancelled") this.#showError(error);
    } finally {
      this.#running = undefined;
      this.#progress.hidden = true;
      this.#enable();
    }
  }

  #enable(): void {
    const busy = this.#running !== undefined;
    this.#compileButton.disabled = busy || !this.#onnx || !this.#samples;
    this.#useButton.disabled = busy;
    this.#cancelButton.disabled = !busy;
    for (const field of [this.#modelFile, this.#samplesFile, this.#srsFile, this.#output, this.#threshold]) field.disabled = busy;
  }

  #showError(error: unknown): void {
    const found = error instanceof HushproofError && error.code === "unsupported-operators" ? error.details["operators"] : undefined;
    const operators = (Array.isArray(found) ? found : []) as { node: string; op: string; reason: string }[];
    const missed = error instanceof HushproofError && error.code === "accuracy" ? error.details["outputs"] : undefined;
    const outputs = (Array.isArray(missed) ? missed : []) as Missed[];
    const text =
      outputs.length > 0
        ? "No version of this model that can be proved is as exact as it should be:"
        : operators.length > 0
        ? `${count(operators.length, "operator")} of this model ${operators.length === 1 ? "is" : "are"} not supported:`
        : error instanceof HushproofError && error.code === "out-of-memory"
          ? "This device has too little memory to compile this model."
          : sentence(error instanceof Error ? error.message : String(error));
    this.#error.replaceChildren(make("p", { textContent: text }));
    if (operators.length > 0) {
      const items = operators.map(({ node, op, reason }) => make("li", { textContent: `${node} (${op})${reason === "" ? "" : `: ${reason}`}` }));
      const list = make("ul", {});
      list.append(...items);
      this.#error.append(list);
    }
    if (outputs.length > 0) {
      const list = make("ul", {});
      list.append(...outputs.map((output) => make("li", { textContent: describeMissed(output) })));
      const refused = error instanceof HushproofError ? Number(error.details["outOfRange"]) : 0;
      if (refused > 0) list.append(make("li", { textContent: `${count(refused, "sample row")} out of range` }));
      const accept = make("button", { type: "button", id: "own-accept", textContent: "Accept these errors" });
      accept.addEventListener("click", () => void this.#compile(true));
      this.#error.append(list, accept);
    }
    this.#error.hidden = false;
  }

  #showReport(compiled: Compiled): void {
    const { report, prediction, seconds, memoryBytes, hush } = compiled;
    const { accuracy } = report;
    const rows: [string, string][] = [];
    if (accuracy.agreeing !== null) rows.push(["Same class", `${accuracy.agreeing} of ${accuracy.rows} sample rows`]);
    if (accuracy.max_abs_error !== null && accuracy.mean_abs_error !== null) {
      rows.push(["Output error", `at most ${formatNumber(accuracy.max_abs_error)}, mean ${formatNumber(accuracy.mean_abs_error)}`]);
    }
    if (accuracy.out_of_range > 0) rows.push(["Out of range", `${accuracy.out_of_range} rows, the first: ${accuracy.first_refusal ?? ""}`]);
    rows.push(
      ["Circuit", `${report.rows.toLocaleString("en")} rows (k = ${report.k}), ${report.advice_columns} columns`],
      ["Predicted", `${Number(prediction.browserSeconds.toPrecision(2))} s and ${megabytes(prediction.memoryBytes)} for a proof in a browser`],
      ["Compiled", `in ${seconds.toFixed(1)} s with ${megabytes(memoryBytes)}, ${(hush.length / 1024).toFixed(1)} KiB`],
    );
    fillList(element("own-measured"), rows);
    const far = accuracy.outputs.filter((output) => !output.met).map(describeMissed);
    const warnings = [...(report.met ? [] : ["The target is missed", ...far]), ...report.warnings];
    show(element("own-missed"), warnings.length > 0 ? warnings.map(sentence).join(" ") : undefined);
    show(element("own-large"), prediction.memoryBytes > MUCH_MEMORY_BYTES ? "A browser may not have the memory for this. Prove natively." : undefined);
    this.#showDownloads(this.#onnx?.name ?? "model", compiled);
    this.#report.hidden = false;
    this.#report.focus();
  }

  #showDownloads(name: string, { hush, vk, srs, html }: Compiled): void {
    const stem = name.replace(/\.onnx$/i, "");
    const files: [string, BlobPart | undefined][] = [
      ["hush", hush],
      ["report.html", html],
      ["vk", vk],
      ["srs", srs],
    ];
    for (const link of this.#downloads.querySelectorAll("a")) URL.revokeObjectURL(link.href);
    this.#downloads.replaceChildren(
      ...files.flatMap(([extension, content]) => {
        if (content === undefined) return [];
        const href = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
        return [make("a", { className: "button", textContent: `Download .${extension}`, download: `${stem}.${extension}`, href })];
      }),
    );
  }
}

async function read(file: File, most: number): Promise<Uint8Array<ArrayBuffer>> {
  if (file.size > most) throw new HushproofError("option", `${file.name} is larger than ${megabytes(most)}`);
  return new Uint8Array(await file.arrayBuffer());
}

function describe({ input, output, operators, parameters }: OnnxInfo): string {
  const list = Object.entries(operators).map(([op, times]) => (times === 1 ? op : `${op} × ${times}`));
  return `Takes ${input.name} [${input.shape.join(", ")}], gives ${output.name} [${output.shape.join(", ")}]; ${parameters.toLocaleString("en")} parameters; ${list.join(", ")}.`;
}

/** An output of the best model, where that is not as exact as it should be. */
type Missed = Pick<OutputAccuracy, "name" | "range_share" | "agreement" | "met">;

function describeMissed({ name, range_share, agreement, met }: Missed): string {
  const percent = (share: number) => `${Number((share * 100).toPrecision(3))} %`;
  const parts = [
    ...(range_share === null ? [] : [`values off by up to ${percent(range_share)} of their range`]),
    ...(agreement === null ? [] : [`right in ${percent(agreement)} of the sample rows`]),
  ];
  return `${name}: ${parts.join(", ")}${met ? ", good enough" : ""}`;
}

function count(number: number, what: string): string {
  return `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
