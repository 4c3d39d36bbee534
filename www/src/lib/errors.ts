/** Extra facts about a failure, as plain data (for example `{ input, index, min, max }`). */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/**
 * Every failure of this package.
 *
 * `code` is stable. Codes of the browser side: `missing-isolation` (threads were asked for on a page that is not
 * cross-origin isolated), `out-of-memory`, `worker-crashed`, `unsupported-browser`, `cancelled`, `network`, `integrity`
 * (a file is not the one that `modelDigest`, `vkDigest` or `srsDigest` names), `closed` and `option` (of another type,
 * range or name than can be; `details.option` says which). All others come from the prover and are the same as those of
 * the command line: `input-range`, `input-shape`, `input-value`, `input-name`, `artifact`, `version`, `key-mismatch`,
 * `srs-mismatch`, `rejected`, `expired` (a request), `model-binding` (a proof about other private weights), `record`, `credential`, `manifest` and so on; the compiler's `not-onnx`, `unsupported-operators` (all of them in
 * `details.operators`, each with `node`, `op` and `reason`), `dynamic-shape`, `external-data`, `shape`, `graph`,
 * `calibration`, `range`, `model-too-large` and `accuracy` (the target is missed and `acceptError` not set; `details.outputs`
 * has each output's `name`, `max_abs_error`, `range_share`, `agreement` and whether it `met` the target, `details.rows` and
 * `details.outOfRange` count).
 */
export class HushproofError extends Error {
  override readonly name = "HushproofError";
  readonly code: string;
  readonly details: ErrorDetails;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** The error of a call that was aborted through its signal. */
export function cancelled(): HushproofError {
  return new HushproofError("cancelled", "cancelled");
}

/** Whether a value has the form of the plain errors that the wasm module throws. */
export function isPlainError(value: unknown): value is { code: string; message?: unknown; details?: unknown } {
  return typeof value === "object" && value !== null && typeof (value as { code?: unknown }).code === "string";
}
