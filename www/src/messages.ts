/** What the page says about stages and failures. */
import { HushproofError } from "./lib/index.js";
import { fieldName } from "./record.js";
import { formatNumber } from "./catalog.js";

const STAGES: Record<string, string> = {
  download: "Downloading the model",
  start: "Starting the prover",
  read: "Reading the model",
  keygen: "Deriving the proving key",
  witness: "Running the model",
  commit: "Committing to its values",
  quotient: "Proving the constraints",
  open: "Finishing the proof",
  calibration: "Running the model on the sample inputs",
  search: "Choosing bit widths",
  report: "Comparing with the original model",
  setup: "Drawing a development setup",
  keys: "Making the verifying key",
};

export function stageText(stage: string): string {
  return STAGES[stage] ?? stage.charAt(0).toUpperCase() + stage.slice(1);
}

const FAILURES: Record<string, string> = {
  cancelled: "Cancelled. You can prove again at any time.",
  "out-of-memory": "This device has too little memory for this model. Close other tabs and try again, or use a computer.",
  "worker-crashed": "The prover stopped unexpectedly. Try again; your record is still here.",
  "unsupported-browser": "This browser is too old to make proofs. Update it, or use a current Chrome, Edge, Firefox or Safari.",
  rejected: "The proof is not valid.",
  "key-mismatch": "This proof was made for another model.",
  "srs-mismatch": "The model's files do not belong together: its key was made with another setup.",
  integrity: "A file of the model is not the one that was published. Reload the page; if it stays, tell the site's owner.",
  "activation-range": "With this record the model leaves the range it was prepared for, so no proof can be made.",
};

/** A failure in words for the person at the screen. */
export function explain(error: unknown, features: readonly string[]): string {
  if (!(error instanceof HushproofError)) return error instanceof Error ? error.message : String(error);
  const { index, min, max } = error.details;
  if (typeof index === "number" && error.code === "input-value") return `${fieldName(index, features)}: this is not a number.`;
  if (typeof index === "number" && error.code === "input-range") {
    const range = typeof min === "number" && typeof max === "number" ? ` (${formatNumber(min)} to ${formatNumber(max)})` : "";
    return `${fieldName(index, features)}: outside the range this model was prepared for${range}.`;
  }
  if (error.code === "network") return `${sentence(error.message)} Check the connection and reload.`;
  const text = FAILURES[error.code];
  return text === undefined ? sentence(error.message) : error.code === "rejected" ? `${text} (${error.message})` : text;
}

/** A message of the library as a sentence. */
export function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}
