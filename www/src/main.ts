/** The page: chooses a model, takes a record, proves, and verifies. The record is kept in the form and nowhere else. */
import { artifact, describeOutputs, digests, readCatalog, type CatalogEntry } from "./catalog.js";
import { element, fillList, make, show } from "./dom.js";
import { RecordForm } from "./form.js";
import { HushproofError, ProvingSession, verifyDetailed, type Proved } from "./lib/index.js";
import { explain, stageText } from "./messages.js";
import { OwnModelPanel } from "./own-model.js";
import { VerifyPanel } from "./verify-panel.js";

const WASM = new URL("pkg/", document.baseURI);

const select = element<HTMLSelectElement>("model");
const contextField = element<HTMLInputElement>("context");
const proveButton = element<HTMLButtonElement>("prove");
const cancelButton = element<HTMLButtonElement>("cancel");
const progressBar = element<HTMLProgressElement>("progress");
const status = element("status");
const errorNote = element("error");
const result = element("result");
const downloadLink = element<HTMLAnchorElement>("download");

let catalog: CatalogEntry[] = [];
let entry: CatalogEntry | undefined;
let session: ProvingSession | undefined;
let running: AbortController | undefined;
let proved: { proof: string; context: string } | undefined;

const form = new RecordForm((error) => show(errorNote, error === undefined ? undefined : explain(error, form.features)));
const panel = new VerifyPanel({
  verify: (proof, expected) => {
    if (session) return session.verify(proof, expected);
    if (!entry) throw new HushproofError("option", "choose a model first");
    const { vkDigest } = digests(entry);
    return verifyDetailed({ vk: artifact(entry.vk), vkDigest, proof, ...expected, wasm: WASM });
  },
  describe: ({ outputs, model, seconds }) =>
    `Verified: ${entry ? describeOutputs(entry, outputs) : ""} (${model}, checked in ${seconds.toFixed(2)} s).`,
  explain: (error) => explain(error, form.features),
});

new OwnModelPanel({ wasm: WASM, use: addModel });

select.addEventListener("change", () => void chooseModel());
cancelButton.addEventListener("click", () => running?.abort());
element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  void prove();
});
element("context-random").addEventListener("click", () => {
  contextField.value = Array.from(crypto.getRandomValues(new Uint8Array(32)), (b) => b.toString(16).padStart(2, "0")).join("");
});
element("verify-this").addEventListener("click", () => {
  if (proved) void panel.check(proved.proof, proved.context);
});
void listModels();

async function listModels(): Promise<void> {
  try {
    listEntries([...(await readCatalog()), ...catalog]);
    await chooseModel();
  } catch (error) {
    fail(error);
  }
}

function listEntries(entries: CatalogEntry[]): void {
  const chosen = select.value;
  catalog = entries;
  select.replaceChildren(...catalog.map(({ id, title }) => make("option", { value: id, textContent: title })));
  if (catalog.some(({ id }) => id === chosen)) select.value = chosen;
  select.disabled = false;
}

/** Offers a model that was compiled on the page, in place of one with its name, and chooses it. */
async function addModel(added: CatalogEntry): Promise<void> {
  listEntries([...catalog.filter(({ id }) => id !== added.id), added]);
  select.value = added.id;
  await chooseModel();
}

/** Downloads the chosen model and derives its keys, so that nothing is fetched once a record is entered. */
async function chooseModel(): Promise<void> {
  entry = catalog.find(({ id }) => id === select.value);
  if (!entry) return;
  running?.abort();
  session?.close();
  session = undefined;
  proved = undefined;
  result.hidden = true;
  panel.reset();
  show(errorNote, undefined);
  element("description").textContent = entry.description;
  element("facts").textContent = "";
  form.setModel(entry);
  const { hush, vk, srs } = entry;
  const pinned = digests(entry);
  await run("loading", async (options) => {
    const created = await ProvingSession.create({ model: artifact(hush), vk: artifact(vk), srs: artifact(srs), ...pinned, wasm: WASM, ...options });
    session = created;
    const { info, threads, isolated } = created;
    form.setRanges(info);
    element("development").hidden = info.srsOrigin === "ceremony";
    element("facts").textContent =
      `${info.rows.toLocaleString("en")} rows (k = ${info.k}), ${info.adviceColumns} columns; ${threads} ${threads === 1 ? "thread" : "threads"}` +
      (isolated ? "." : ": this server does not send the isolation headers, so proving is slower.");
    status.textContent = "Ready.";
  });
}

async function prove(): Promise<void> {
  const current = session;
  const model = entry;
  if (!current || !model || running) return;
  show(errorNote, undefined);
  result.hidden = true;
  const context = contextField.value.trim();
  await run("proving", async (options) => {
    const record = form.values();
    const began = performance.now();
    const binding = context === "" ? { noContext: true } : { context };
    const answer = await current.prove({ [model.input.name]: record }, { ...binding, ...options });
    showResult(model, answer, context, (performance.now() - began) / 1000);
  });
}

/** Runs one cancellable piece of work with the progress bar; `status` names the state for scripts. */
async function run(
  state: "loading" | "proving",
  work: (options: { signal: AbortSignal; onProgress: (stage: string, fraction: number) => void }) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  running = controller;
  status.dataset["state"] = state;
  progressBar.hidden = false;
  proveButton.disabled = true;
  cancelButton.disabled = state !== "proving";
  let failure: unknown;
  try {
    await work({
      signal: controller.signal,
      onProgress: (stage, fraction) => {
        if (running !== controller) return;
        const text = `${stageText(stage)}…`;
        if (status.textContent !== text) status.textContent = text;
        progressBar.value = fraction;
      },
    });
  } catch (error) {
    failure = error;
  }
  // Another model was chosen meanwhile: the page belongs to that one now.
  if (running !== controller) return;
  running = undefined;
  progressBar.hidden = true;
  cancelButton.disabled = true;
  proveButton.disabled = !session;
  if (failure === undefined) status.dataset["state"] = "ready";
  else fail(failure);
}

function fail(error: unknown): void {
  const stopped = error instanceof HushproofError && error.code === "cancelled";
  status.dataset["state"] = stopped ? "ready" : "error";
  status.textContent = stopped ? explain(error, form.features) : "";
  if (stopped) return;
  show(errorNote, explain(error, form.features));
  form.mark(error);
}

function showResult(model: CatalogEntry, answer: Proved, context: string, seconds: number): void {
  proved = { proof: answer.proof, context };
  element("answer").textContent = describeOutputs(model, answer.outputs);
  const stages = Object.entries(answer.seconds).map(([stage, s]) => `${stage} ${s.toFixed(2)}`);
  fillList(element("measured"), [
    ["Time", `${seconds.toFixed(2)} s (${stages.join(", ")})`],
    ["Memory", `${(answer.memoryBytes / 2 ** 20).toFixed(0)} MiB`],
    ["Proof file", `${(new Blob([answer.proof]).size / 1024).toFixed(1)} KiB`],
    ["Threads", String(answer.threads)],
  ]);
  URL.revokeObjectURL(downloadLink.href);
  downloadLink.href = URL.createObjectURL(new Blob([answer.proof], { type: "application/json" }));
  downloadLink.download = `${model.id}.proof.json`;
  status.textContent = "Done. Nothing was sent.";
  result.hidden = false;
  result.focus();
}
