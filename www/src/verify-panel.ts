/** The panel that checks a proof: chosen, dropped, or just made. */
import { element } from "./dom.js";
import { HushproofError, type ExpectedContext, type Verified } from "./lib/index.js";

const MAX_PROOF_BYTES = 4 << 20;

/** What the panel needs from the page. */
export interface Verifying {
  verify(proof: string, expected: ExpectedContext): Promise<Verified>;
  describe(verified: Verified): string;
  explain(error: unknown): string;
}

export class VerifyPanel {
  readonly #page: Verifying;
  readonly #panel = element("verify");
  readonly #file = element<HTMLInputElement>("verify-file");
  readonly #context = element<HTMLInputElement>("verify-context");
  readonly #noContext = element<HTMLInputElement>("verify-no-context");
  readonly #run = element<HTMLButtonElement>("verify-run");
  readonly #result = element("verify-result");
  #proof: string | undefined;

  constructor(page: Verifying) {
    this.#page = page;
    this.#file.addEventListener("change", () => void this.#choose(this.#file.files?.[0]));
    this.#run.addEventListener("click", () => void this.#verify());
    this.#context.addEventListener("input", () => this.reset());
    this.#noContext.addEventListener("change", () => {
      this.#context.disabled = this.#noContext.checked;
      this.reset();
    });
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
      void this.#choose(event.dataTransfer?.files[0]);
    });
  }

  /** Checks a proof that was made on this page, for the context or, if that is empty, for none. */
  async check(proof: string, context: string): Promise<void> {
    this.#file.value = "";
    this.#context.value = context;
    this.#noContext.checked = this.#context.disabled = context === "";
    this.#take(proof);
    this.#panel.scrollIntoView({ block: "nearest" });
    await this.#verify();
  }

  /** Forgets the last answer, which belongs to another proof, context or model. */
  reset(): void {
    this.#result.hidden = true;
    delete this.#result.dataset["state"];
  }

  async #choose(file: File | undefined): Promise<void> {
    this.reset();
    if (!file) return;
    if (file.size > MAX_PROOF_BYTES) return this.#show("error", "This file is too large to be a proof.");
    this.#take(await file.text());
  }

  #take(proof: string): void {
    this.reset();
    this.#proof = proof;
    this.#run.disabled = false;
  }

  async #verify(): Promise<void> {
    if (this.#proof === undefined) return;
    this.#run.disabled = true;
    this.#show("busy", "Verifying…");
    try {
      const context = this.#context.value.trim();
      const expected: ExpectedContext = this.#noContext.checked ? { noContext: true } : { context };
      if (expected.context === "") return this.#show("error", "Enter the context, or say that none was asked for.");
      const verified = await this.#page.verify(this.#proof, expected);
      this.#show("valid", this.#page.describe(verified));
    } catch (error) {
      const invalid = error instanceof HushproofError && error.code === "rejected";
      this.#show(invalid ? "invalid" : "error", this.#page.explain(error));
    } finally {
      this.#run.disabled = false;
    }
  }

  #show(state: "busy" | "valid" | "invalid" | "error", text: string): void {
    this.#result.dataset["state"] = state;
    this.#result.textContent = text;
    this.#result.hidden = false;
  }
}
