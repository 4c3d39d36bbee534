/**
 * The models to choose from: those that the site offers, as listed in `artifacts/manifest.json`, and those compiled on
 * the page.
 */

export type ModelFile = string | Uint8Array<ArrayBuffer>;

/** SHA-256 of a model's files in hexadecimal. */
export interface Digests {
  modelDigest?: string | undefined;
  vkDigest?: string | undefined;
  srsDigest?: string | undefined;
}

export interface CatalogEntry extends Digests {
  id: string;
  title: string;
  description: string;
  /** Files: bytes, or addresses relative to the manifest. */
  hush: ModelFile;
  vk: ModelFile;
  srs: ModelFile;
  input: { name: string; shape: number[]; features?: string[] };
  examples: { label: string; record: number[] }[];
  /** Records to choose from by number. */
  samples?: readonly Float64Array[];
  /** Class names: two for a probability with a threshold, otherwise one for each output value. */
  classes?: string[] | null;
  threshold?: number | null;
}

const MANIFEST = new URL("artifacts/manifest.json", document.baseURI);

/** A file of a model as the library takes it. */
export function artifact(file: ModelFile): URL | Uint8Array<ArrayBuffer> {
  return typeof file === "string" ? new URL(file, MANIFEST) : file;
}

/** What the library checks a model's files against; without TLS browsers compute no digest. */
export function digests({ modelDigest, vkDigest, srsDigest }: CatalogEntry): Digests {
  return isSecureContext ? { modelDigest, vkDigest, srsDigest } : {};
}

export async function readCatalog(): Promise<CatalogEntry[]> {
  const response = await fetch(MANIFEST);
  if (!response.ok) throw new Error(`the list of models is missing (${response.status})`);
  return (await response.json()) as CatalogEntry[];
}

export function valueCount(entry: CatalogEntry): number {
  return entry.input.shape.reduce((product, size) => product * size, 1);
}

/** What the outputs mean, in words. */
export function describeOutputs(entry: CatalogEntry, outputs: Record<string, number[]>): string {
  return Object.entries(outputs)
    .map(([name, values]) => `${name} ${values.map(formatNumber).join(", ")}${className(entry, values)}`)
    .join("; ");
}

function className({ classes, threshold }: CatalogEntry, values: number[]): string {
  if (!classes) return "";
  const first = values[0];
  if (values.length === 1 && first !== undefined && typeof threshold === "number") {
    return `: ${classes[first >= threshold ? 1 : 0] ?? "unknown class"}`;
  }
  if (values.length !== classes.length) return "";
  return `: ${classes[values.indexOf(Math.max(...values))]}`;
}

export function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}
