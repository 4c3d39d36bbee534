/** The record's form: one field per feature, or one block of values where there are too many for fields. */
import { element, make, show } from "./dom.js";
import { fieldName, parseNumber, parseRecord, RecordError } from "./record.js";
import { formatNumber, valueCount, type CatalogEntry } from "./catalog.js";
import type { ModelInfo } from "./lib/index.js";

const MAX_FIELDS = 100;
const MAX_FILE_BYTES = 4 << 20;

export class RecordForm {
  readonly #fields = element("fields");
  readonly #loaded = element("loaded");
  #entry: CatalogEntry | undefined;
  #inputs: HTMLInputElement[] = [];
  /** The record itself where it has no fields. */
  #block: number[] | undefined;

  /** Called with whatever is wrong with a pasted or loaded record, or with nothing when it was filled in. */
  constructor(report: (error: unknown) => void) {
    const paste = element<HTMLTextAreaElement>("paste");
    const file = element<HTMLInputElement>("record-file");
    const load = (text: string) => {
      try {
        this.fill(this.#parse(text));
        report(undefined);
      } catch (error) {
        report(error);
        this.mark(error);
      }
    };
    element("paste-apply").addEventListener("click", () => load(paste.value));
    file.addEventListener("change", async () => {
      const chosen = file.files?.[0];
      file.value = "";
      if (!chosen) return;
      if (chosen.size > MAX_FILE_BYTES) report(new RecordError("This file is too large to be a record."));
      else load(await chosen.text());
    });
    this.#fields.addEventListener("input", (event) => (event.target as HTMLElement).removeAttribute("aria-invalid"));
  }

  get features(): readonly string[] {
    return this.#entry?.input.features ?? [];
  }

  /** Lays the form out for a model; values stay where the fields stay the same. */
  setModel(entry: CatalogEntry): void {
    const same = JSON.stringify(this.#entry?.input) === JSON.stringify(entry.input);
    this.#entry = entry;
    element("examples").replaceChildren(
      ...entry.examples.map(({ label, record }) => {
        const button = make("button", { type: "button", textContent: `Example: ${label}` });
        button.addEventListener("click", () => this.fill(record));
        return button;
      }),
      ...this.#samplePicker(entry.samples ?? []),
    );
    if (same) return;
    this.#block = undefined;
    this.#loaded.hidden = true;
    const count = valueCount(entry);
    this.#inputs = Array.from({ length: count <= MAX_FIELDS ? count : 0 }, () =>
      make("input", { type: "text", inputMode: "decimal", autocomplete: "off", spellcheck: false }),
    );
    this.#fields.replaceChildren(
      ...this.#inputs.map((input, i) => {
        const label = make("label", { textContent: fieldName(i, this.features) });
        label.append(input);
        return label;
      }),
    );
  }

  /** Shows the calibrated range of each field. */
  setRanges(info: ModelInfo): void {
    const range = info.inputs.find(({ name }) => name === this.#entry?.input.name);
    if (!range) return;
    this.#inputs.forEach((input, i) => {
      const min = range.min[range.min.length === 1 ? 0 : i];
      const max = range.max[range.max.length === 1 ? 0 : i];
      if (min === undefined || max === undefined) return;
      input.placeholder = `${formatNumber(min)} to ${formatNumber(max)}`;
      input.inputMode = min < 0 ? "text" : "decimal";
    });
  }

  fill(record: readonly number[]): void {
    this.#inputs.forEach((input, i) => {
      input.value = String(record[i] ?? "");
      input.removeAttribute("aria-invalid");
    });
    if (this.#inputs.length > 0) return;
    this.#block = [...record];
    show(this.#loaded, `${record.length} values loaded.`);
  }

  /** The record as entered. */
  values(): number[] {
    if (this.#inputs.length > 0) return this.#inputs.map((input, i) => parseNumber(input.value, i, this.features));
    if (!this.#block) throw new RecordError("Load a record first.");
    return this.#block;
  }

  /** Marks the field that an error names and moves the focus there. */
  mark(error: unknown): void {
    const details = (error as { details?: { index?: unknown } }).details;
    const input = this.#inputs[Number(error instanceof RecordError ? error.index : details?.index)];
    input?.setAttribute("aria-invalid", "true");
    input?.setAttribute("aria-describedby", "error");
    input?.focus();
  }

  /** A number and a button that fills in the sample of that number. */
  #samplePicker(samples: readonly Float64Array[]): HTMLElement[] {
    if (samples.length === 0) return [];
    const number = make("input", { type: "number", min: "1", max: String(samples.length), value: "1", id: "sample" });
    const label = make("label", { textContent: `Sample row (1 to ${samples.length})`, htmlFor: number.id });
    const button = make("button", { type: "button", textContent: "Fill in" });
    button.addEventListener("click", () => {
      const row = samples[Math.min(samples.length, Math.max(1, Math.trunc(number.valueAsNumber) || 1)) - 1];
      if (row) this.fill([...row]);
    });
    return [label, number, button];
  }

  #parse(text: string): number[] {
    if (!this.#entry) throw new RecordError("Choose a model first.");
    return parseRecord(text, this.#entry.input.name, valueCount(this.#entry), this.features);
  }
}
