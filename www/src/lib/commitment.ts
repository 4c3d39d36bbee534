/** Schemas of records, and commitments to records. */
import type { Committed } from "./boundary.js";
import { inModule, type ModuleOptions } from "./module.js";
import { commitOptions, json, moduleOptions } from "./options.js";

/** A schema: JSON, or the object that it stands for. */
export type Schema = string | Readonly<Record<string, unknown>>;

/** What opens a commitment, as {@link commit} gives it: JSON, or the object that it stands for. */
export type Opening = string | Readonly<Record<string, unknown>>;

/** A commitment: `{ schema, commitment }`, or its JSON. */
export type Commitment = string | Readonly<Record<string, unknown>>;

/** The record that a proof is about, of a model with a committed input. */
export interface Opened {
  /**
   * For the record's owner alone; the proof shows the commitment that it opens, and nothing else of it. Of an input that is
   * several records one for each, in their order. One that a proof gave for its output is the opening of a later one.
   */
  opening: Opening | readonly Opening[];
  /** The issuer's signature on that commitment, the text of `credential.jws`, which the proof's file then holds. */
  credential?: string;
}

/** Commitments to the private weights of a model, as `hushproof model commit` writes them: JSON, or the object that it stands for. */
export type ModelCommitment = string | Readonly<Record<string, unknown>>;

/** What hides such weights, for the model's owner alone: JSON, or the object that it stands for. */
export type ModelOpening = string | Readonly<Record<string, unknown>>;

/** Which model of private weights a proof must be about, where that is asked for. */
export interface ExpectedModel {
  /**
   * The publisher's `MODEL.id.json`; code `model-binding` where the proof is not about these weights, or does not say. Without
   * it a proof of private weights is about any.
   */
  model?: ModelCommitment;
}

/** What a schema allows. */
export interface SchemaInfo {
  name: string;
  /** SHA-256 of its canonical JSON, in hexadecimal. */
  digest: string;
  /** Values of a record. */
  elements: number;
  /** Bits that hold the integer of any of them. */
  bits: number;
}

/** What {@link commit} needs. */
export interface CommitOptions extends ModuleOptions {
  schema: Schema;
  /** Values by the names of the fields, a list in their order, or a (nested) array under the name of an input; or its JSON. */
  record: string | Readonly<Record<string, unknown>> | readonly unknown[] | ArrayBufferView;
}

/** What a schema allows. Rejects with code `artifact` or `version` for what is none. */
export async function readSchema(schema: Schema, options: ModuleOptions = {}): Promise<SchemaInfo> {
  const given = json(schema, "schema");
  const { wasm, ...call } = moduleOptions(options);
  return inModule(wasm, call, (bridge) => bridge.call("readSchema", { schema: given }, call));
}

/**
 * Commits to a record, with a salt of the browser's randomness. `opening` is for the record's owner alone; `commitment`
 * may be shown. Sends nothing. Rejects with code `record`, which names the field and not its value.
 */
export async function commit(options: CommitOptions): Promise<Committed> {
  const { schema, record, wasm, signal, onProgress } = commitOptions(options);
  const call = { signal, onProgress };
  return inModule(wasm, call, (bridge) => bridge.call("commit", { schema, record }, call));
}
