/** Reading a record out of pasted text or a file. Error messages name the field and never repeat the value. */

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A record that cannot be used; `index` is the value at fault, if it is one value. */
export class RecordError extends Error {
  readonly index: number | undefined;

  constructor(message: string, index?: number) {
    super(message);
    this.index = index;
  }
}

/** The text of one field as a finite number. */
export function parseNumber(text: string, index: number, features: readonly string[]): number {
  const trimmed = text.trim();
  const value = NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (!Number.isFinite(value)) {
    throw new RecordError(`${fieldName(index, features)}: ${trimmed === "" ? "enter a number" : "this is not a number"}.`, index);
  }
  return value;
}

/**
 * Numbers of a record: a JSON array (nested as may be), an object that holds one under the input's name or as EZKL's
 * `input_data`, an object with a number for each feature, or one CSV row with or without a header.
 */
export function parseRecord(text: string, input: string, count: number, features: readonly string[]): number[] {
  const trimmed = text.trim();
  const cells = /^[[{]/.test(trimmed) ? jsonCells(trimmed, input, features) : csvCells(trimmed);
  if (cells.length !== count) throw new RecordError(`Expected ${count} values, got ${cells.length}.`);
  return cells.map((cell, i) => parseNumber(cell, i, features));
}

export function fieldName(index: number, features: readonly string[]): string {
  return features[index] ?? `Value ${index + 1}`;
}

function jsonCells(text: string, input: string, features: readonly string[]): string[] {
  let value: unknown;
  try {
    // NaN and Infinity are no JSON, but spreadsheets and NumPy write them: read on, to name the field.
    value = JSON.parse(text.replace(/(?<=[[,:\s])-?(NaN|Infinity)(?=[\],}\s])/g, "null"));
  } catch {
    throw new RecordError("This is neither JSON nor a CSV row.");
  }
  if (!Array.isArray(value) && typeof value === "object" && value !== null) {
    const object = value as Record<string, unknown>;
    value = object[input] ?? object["input_data"] ?? features.map((name) => object[name]);
  }
  if (!Array.isArray(value) || value.every((cell) => cell === undefined)) {
    throw new RecordError(`This file holds no record: expected an array or an object with "${input}".`);
  }
  return (value.flat(Infinity) as unknown[]).map((cell) => (typeof cell === "number" ? String(cell) : "not a number"));
}

function csvCells(text: string): string[] {
  const rows = text.split(/\r?\n/).map(splitRow).filter((cells) => cells.some((cell) => cell !== ""));
  const header = rows.length === 2 && rows[0]?.some((cell) => cell !== "" && !NUMBER.test(cell));
  if (rows.length > 1 && !header) throw new RecordError(`Expected one row, got ${rows.length}.`);
  return rows[header ? 1 : 0] ?? [];
}

function splitRow(row: string): string[] {
  const separator = [";", "\t", ","].find((s) => row.includes(s)) ?? /\s+/;
  return row.trim().split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
}
