/**
 * What callers give, checked before anything is done with it: whatever has another type, range or name is refused with
 * code `option`. Bytes, arrays and objects are copied, so that later changes to them have no effect.
 */
import type { Output, Preference, Target, Transcript, Visibility, WasmCompileOptions, WasmReadOptions } from "./boundary.js";
import type { CallOptions } from "./bridge.js";
import type { CompileModelOptions, CompileOptions, CompilerOptions, WeightsVisibility } from "./compile.js";
import type { FileData } from "./download.js";
import { HushproofError } from "./errors.js";
import type { KeyOptions } from "./keys.js";
import type { PredictOptions } from "./predict.js";
import type { Asked } from "./protocol.js";
import type { CommitOptions, ExpectedModel, Opened } from "./commitment.js";
import type { CredentialOptions, ExpectedIssuer, ManifestOptions } from "./credential.js";
import type { ModuleOptions } from "./module.js";
import type { NewRequestOptions } from "./request.js";
import type { ExpectedCommitments, ProveOptions, ProverOptions, SessionOptions, SessionVerifyOptions } from "./session.js";
import type { VerifyOptions } from "./verify.js";
import type { Inputs, Progress } from "./wasm.js";

const MAX_CONTEXT_BYTES = 1024;
const NONE_BY_NAME = "for none at all say noContext: true";
/** Each has a stack in the memory that they share. */
const MAX_THREADS = 64;
const MIN_MEMORY_BYTES = 2 ** 23;
const MAX_MEMORY_BYTES = 2 ** 32;
/** Deepest nesting of input arrays. */
const MAX_DEPTH = 16;

/** Gives a value that is as it must be in the form that the library uses; throws for others. */
type Check<T = unknown> = (value: unknown, name: string) => T;

/** A check for each option of a function. */
type Checks = Readonly<Record<string, Check>>;

/** What {@link readOptions} makes of an object; only the options `R` are surely there. */
type Options<C extends Checks, R extends keyof C = never> = { [N in R]: ReturnType<C[N]> } & {
  [N in Exclude<keyof C, R>]?: ReturnType<C[N]> | undefined;
};

/** {@link Options} with what a proof is for, and when, in place of the options that say it. */
type Bound<C extends Checks, R extends keyof C = never> = Omit<Options<C, R>, keyof typeof EXPECTED> & Timed;

/** What a proof is for, and when that is looked at, in seconds since 1970. */
type Timed = { asked: Asked; now: number };

const CALL = { signal: abortSignal, onProgress: progress } satisfies Record<keyof CallOptions, Check>;

const EXPECTED = { request: json, now: time, context: contextBytes, noContext: flag };

const ATTESTED = { issuerKeys: json, credential: text } satisfies Record<keyof ExpectedIssuer, Check>;

const MODEL = { model: json } satisfies Record<keyof ExpectedModel, Check>;

const OPENED = { opening: jsons, credential: text } satisfies Record<keyof Opened, Check>;

const PROVER = {
  ...CALL,
  threads: (value: unknown, name: string) => integer(value, name, 1, MAX_THREADS),
  maxMemoryBytes: memoryBytes,
  relaxedSimd: flag,
  wasm: folder,
} satisfies Record<keyof ProverOptions, Check>;

const SESSION = {
  ...PROVER,
  model: source,
  modelDigest: digest,
  vk: source,
  vkDigest: digest,
  srs: source,
  srsDigest: digest,
  keepSrs: flag,
} satisfies Record<keyof SessionOptions, Check>;

const PROVE = {
  ...CALL,
  ...EXPECTED,
  transcript: (value: unknown, name: string) => oneOf<Transcript>(value, name, ["blake2b", "keccak"]),
  modelOpening: json,
} satisfies Record<keyof ProveOptions, Check>;

const SHOWN = { inputCommitment: jsons, outputCommitment: json } satisfies Record<keyof ExpectedCommitments, Check>;

const SESSION_VERIFY = { ...CALL, ...EXPECTED, ...ATTESTED, ...MODEL, ...SHOWN } satisfies Record<keyof SessionVerifyOptions, Check>;

const VERIFY = {
  ...CALL,
  ...EXPECTED,
  ...ATTESTED,
  ...MODEL,
  ...SHOWN,
  vk: source,
  vkDigest: digest,
  proof: text,
  manifest: text,
  publisherKeys: json,
  wasm: folder,
} satisfies Record<keyof VerifyOptions, Check>;

const CREDENTIAL = {
  ...CALL,
  wasm: folder,
  credential: text,
  issuerKeys: json,
  commitment: json,
  now: time,
} satisfies Record<keyof CredentialOptions, Check>;

const MANIFEST = { ...CALL, wasm: folder, manifest: text, publisherKeys: json } satisfies Record<keyof ManifestOptions, Check>;

const PREDICT = {
  ...CALL,
  model: source,
  modelDigest: digest,
  inputs: inputTensors,
  wasm: folder,
} satisfies Record<keyof PredictOptions, Check>;

const KEYS = {
  ...PROVER,
  model: source,
  modelDigest: digest,
  srs: source,
  srsDigest: digest,
} satisfies Record<keyof KeyOptions, Check>;

const NEW_REQUEST = {
  ...CALL,
  vk: source,
  vkDigest: digest,
  audience: text,
  purpose: text,
  ttl: (value: unknown, name: string) => integer(value, name, 1, Number.MAX_SAFE_INTEGER),
  nonce: text,
  issuer: text,
  schema: text,
  responseUri: text,
  now: time,
  wasm: folder,
} satisfies Record<keyof NewRequestOptions, Check>;

const MODULE = { ...CALL, wasm: folder } satisfies Record<keyof ModuleOptions, Check>;

const COMMIT = { ...MODULE, schema: json, record: jsonOrList } satisfies Record<keyof CommitOptions, Check>;

const COMPILER = { ...CALL, wasm: folder } satisfies Record<keyof CompilerOptions, Check>;

const READ = { outputs: names, dims: sizes } satisfies Record<keyof WasmReadOptions, Check>;

const CHOICES = {
  bits: (value: unknown, name: string) => integer(value, name, 4, 32),
  target: (value: unknown, name: string) => oneOf<Target>(value, name, ["auto", "class", "values"]),
  maxError: (value: unknown, name: string) => number(value, name, Number.MIN_VALUE, Number.MAX_VALUE),
  acceptError: flag,
  margin: (value: unknown, name: string) => number(value, name, 1, 1e6),
  inputMargin: (value: unknown, name: string) => number(value, name, 1, 1e6),
  inputRange: range,
  output,
  input: (value: unknown, name: string) => oneOf<Visibility>(value, name, ["private", "public", "committed"]),
  schema: jsons,
  weights: (value: unknown, name: string) => oneOf<WeightsVisibility>(value, name, ["private", "public"]),
  prefer: (value: unknown, name: string) => oneOf<Preference>(value, name, ["speed", "columns"]),
} satisfies Record<Exclude<keyof WasmCompileOptions, "schemas"> | "schema", Check>;

const COMPILE = { ...CALL, ...CHOICES, calibration: dataSet } satisfies Record<keyof CompileOptions, Check>;

const COMPILE_MODEL = {
  ...PROVER,
  ...READ,
  ...COMPILE,
  srs: sourceOrDevelopment,
  srsDigest: digest,
} satisfies Record<keyof CompileModelOptions, Check>;

/** What chooses the prover. */
export type CheckedProver = Options<typeof PROVER>;

export function callOptions(given: unknown): Options<typeof CALL> {
  return readOptions(given, CALL);
}

export function onnxOptions(given: unknown): Options<typeof CALL & typeof READ> {
  return readOptions(given, { ...CALL, ...READ });
}

export function sessionOptions(given: unknown): Options<typeof SESSION, "model" | "srs"> {
  return readOptions(given, SESSION, ["model", "srs"]);
}

export function predictOptions(given: unknown): Options<typeof PREDICT, "model" | "inputs"> {
  return readOptions(given, PREDICT, ["model", "inputs"]);
}

export function keyOptions(given: unknown): Options<typeof KEYS, "model"> {
  const options = readOptions(given, KEYS, ["model"]);
  if (options.srsDigest !== undefined && options.srs === undefined) throw digestOfNone();
  return options;
}

export function newRequestOptions(given: unknown): Options<typeof NEW_REQUEST, "vk" | "audience" | "purpose" | "ttl"> {
  return readOptions(given, NEW_REQUEST, ["vk", "audience", "purpose", "ttl"]);
}

export function moduleOptions(given: unknown): Options<typeof MODULE> {
  return readOptions(given, MODULE);
}

export function credentialOptions(given: unknown): Options<typeof CREDENTIAL, "credential" | "issuerKeys"> {
  return readOptions(given, CREDENTIAL, ["credential", "issuerKeys"]);
}

export function manifestOptions(given: unknown): Options<typeof MANIFEST, "manifest" | "publisherKeys"> {
  return readOptions(given, MANIFEST, ["manifest", "publisherKeys"]);
}

export function commitOptions(given: unknown): Options<typeof COMMIT, "schema" | "record"> {
  return readOptions(given, COMMIT, ["schema", "record"]);
}

export function compilerOptions(given: unknown): Options<typeof COMPILER> {
  return readOptions(given, COMPILER);
}

export function compileOptions(given: unknown): Options<typeof COMPILE, "calibration"> {
  const options = readOptions(given, COMPILE, ["calibration"]);
  checkSchema(options);
  return options;
}

export function compileModelOptions(given: unknown): Options<typeof COMPILE_MODEL, "calibration"> {
  const options = readOptions(given, COMPILE_MODEL, ["calibration"]);
  const { srs, srsDigest } = options;
  if (srsDigest !== undefined && (srs === undefined || srs === "development")) throw digestOfNone();
  checkSchema(options);
  return options;
}

/** Committed inputs are records of a schema, and only they. */
function checkSchema(options: Options<typeof CHOICES>): void {
  const { input, schema } = options;
  if (schema !== undefined && input !== undefined && input !== "committed") throw refusal("schema", `the input is ${input}`);
  // One that is there and undefined is a variable that was not set.
  if (schema === undefined && (input === "committed" || "schema" in options)) throw refusal("schema", "needed");
}

/** An SRS that is drawn here has no digest that could be known before. */
function digestOfNone(): HushproofError {
  return refusal("srsDigest", "no srs is given that it could be of");
}

/** Those of the options that are the compiler's own. */
export function choices(options: Options<typeof COMPILE, "calibration">): WasmCompileOptions {
  const names = Object.keys(CHOICES) as (keyof typeof CHOICES)[];
  const { schema: schemas, ...others } = Object.fromEntries(names.map((name) => [name, options[name]]));
  return { ...others, schemas } as WasmCompileOptions;
}

/** Without a request and a context the proof is bound to none. */
export function proveOptions(given: unknown, attested = false): Bound<typeof PROVE> {
  const options = readOptions(given, PROVE);
  checkSet(options, "modelOpening");
  return bound(options, false, attested);
}

/** What a proof is about: tensors, or what opens a commitment. */
export function proofInput(given: unknown): { inputs: Inputs; opened?: never } | { inputs?: never; opened: Options<typeof OPENED, "opening"> } {
  return isOpened(given) ? { opened: readOptions(given, OPENED, ["opening"]) } : { inputs: inputTensors(given, "inputs") };
}

/** Whether a value says that it opens a commitment; an input of such a name has numbers or names under it. */
function isOpened(given: unknown): boolean {
  const isJson = (item: unknown) => isPlain(item) || (typeof item === "string" && item.trimStart().startsWith("{"));
  const isTensor = (value: unknown) => (Array.isArray(value) ? value.length === 0 || !value.every(isJson) : ArrayBuffer.isView(value));
  return isPlain(given) && Object.keys(OPENED).some((name) => Object.hasOwn(given, name) && !isTensor(given[name]));
}

/** Demands a request or a context, or that there is none by name. */
export function sessionVerifyOptions(given: unknown): Bound<typeof SESSION_VERIFY> {
  const options = readOptions(given, SESSION_VERIFY);
  checkExpected(options);
  return bound(options, true, checkIssuer(options));
}

/** Refuses expectations that were not set: nothing would be checked. */
function checkExpected(options: Options<typeof MODEL & typeof SHOWN>): void {
  for (const name of ["model", "inputCommitment", "outputCommitment"] as const) checkSet(options, name);
}

/** Refuses an option that is there and undefined, a variable that was not set: what it asks for would not be done. */
function checkSet<N extends string>(options: { [M in N]?: unknown }, name: N): void {
  if (name in options && options[name] === undefined) throw refusal(name, "needed");
}

/** Whether an issuer's signature is asked for. */
function checkIssuer(options: Options<typeof ATTESTED>): boolean {
  const { issuerKeys, credential } = options;
  // One that is there and undefined is a variable that was not set: nothing would be checked.
  if (issuerKeys === undefined && ("issuerKeys" in options || credential !== undefined)) throw refusal("issuerKeys", "needed");
  return issuerKeys !== undefined;
}

/** Demands a request or a context, or that there is none by name. */
export function verifyOptions(given: unknown): Bound<typeof VERIFY, "vk" | "proof"> {
  const options = readOptions(given, VERIFY, ["vk", "proof"]);
  checkExpected(options);
  const { manifest, publisherKeys } = options;
  if (manifest !== undefined && publisherKeys === undefined) throw refusal("publisherKeys", "needed for the manifest");
  // One that is there and undefined is a variable that was not set.
  if (manifest === undefined && ("manifest" in options || publisherKeys !== undefined)) throw refusal("manifest", "needed");
  return bound(options, true, checkIssuer(options));
}

/**
 * Says what a proof is for as the prover takes it: no context is an empty one. A time is for a request, or for whoever
 * looks at a credential.
 */
function bound<O extends Options<typeof EXPECTED>>(options: O, demanded: boolean, attested: boolean): Omit<O, keyof typeof EXPECTED> & Timed {
  const { request, now: given, context, noContext, ...others } = options;
  const now = given ?? clock();
  if (request !== undefined) {
    if (context !== undefined) throw refusal("context", "there is a request");
    if (noContext) throw refusal("noContext", "there is a request");
    return { ...others, asked: { request, now }, now };
  }
  if (given !== undefined && !attested) throw refusal("now", "there is no request and no credential");
  if (context !== undefined) {
    if (noContext) throw refusal("noContext", "there is a context");
    return { ...others, asked: context, now };
  }
  // One that is there and undefined is a variable that was not set.
  const unset = ["request", "context"].find((name) => name in options);
  if (!noContext && (demanded || unset)) throw refusal(unset ?? "context", `needed; ${NONE_BY_NAME}`);
  return { ...others, asked: new Uint8Array(), now };
}

/** This device's clock, in seconds since 1970. */
export function clock(): number {
  return Math.floor(Date.now() / 1000);
}

/** The JSON of a request or a schema; what is none the module says. */
export function json(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  if (!isPlain(value)) throw refusal(name, `expected JSON or an object, got ${describe(value)}`);
  return jsonOf(value, name);
}

/** The JSON of each of several, or of one. */
function jsons(value: unknown, name: string): string[] {
  if (Array.isArray(value) && value.length === 0) throw refusal(name, "expected at least one");
  return Array.isArray(value) ? Array.from(value, (item) => json(item, name)) : [json(value, name)];
}

/** The JSON of a record, which may be a list. */
function jsonOrList(value: unknown, name: string): string {
  if (Array.isArray(value)) return jsonOf(value, name);
  if (ArrayBuffer.isView(value)) return jsonOf(numbers(value, name, 0), name);
  return json(value, name);
}

function jsonOf(value: unknown, name: string): string {
  const item = (_: string, item: unknown) => {
    // JSON would make them null, which is a missing value.
    if (item === Infinity || item === -Infinity) throw new RangeError();
    return ArrayBuffer.isView(item) ? Array.from(item as unknown as ArrayLike<number>) : item;
  };
  try {
    return JSON.stringify(value, item);
  } catch {
    throw refusal(name, "expected what JSON can hold");
  }
}

/** Seconds since 1970. */
function time(value: unknown, name: string): number {
  return integer(value, name, 0, Number.MAX_SAFE_INTEGER);
}

/** Reads an object's own properties, each once, and refuses those that are no option. */
function readOptions<C extends Checks, R extends keyof C & string = never>(
  given: unknown,
  checks: C,
  needed: readonly R[] = [],
): Options<C, R> {
  if (!isPlain(given)) throw refusal("options", `expected a plain object, got ${describe(given)}`);
  // Without a prototype, which other code may have added properties to.
  const read: Record<string, unknown> = Object.create(null);
  for (const name of Reflect.ownKeys(given)) {
    const check = typeof name === "string" && Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!check) throw refusal(String(name), "there is no such option");
    const value = given[name];
    read[String(name)] = value === undefined ? undefined : check(value, String(name));
  }
  for (const name of needed) {
    if (read[name] === undefined) throw refusal(name, "needed");
  }
  return read as Options<C, R>;
}

/** A file's address, resolved against the page, or a copy of its bytes. */
export function source(value: unknown, name: string): FileData {
  if (typeof value === "string" || tag(value) === "URL") return address(value, name);
  const bytes = copyBytes(value);
  if (!bytes) throw refusal(name, `expected an address or bytes, got ${describe(value)}`);
  return bytes;
}

function sourceOrDevelopment(value: unknown, name: string): FileData | "development" {
  return value === "development" ? value : source(value, name);
}

/** A file of rows, or the rows themselves. */
export function dataSet(value: unknown, name: string): FileData | Inputs {
  return isPlain(value) ? inputTensors(value, name) : source(value, name);
}

/** Tensors by name. Numbers that are not finite are left to the prover, which says where they are. */
export function inputTensors(value: unknown, name: string): Inputs {
  if (!isPlain(value)) throw refusal(name, `expected a plain object, got ${describe(value)}`);
  const entry = (key: string | symbol) => {
    if (typeof key === "symbol") throw refusal(name, "expected names that are strings");
    return [key, numbers(value[key], name, 0)] as const;
  };
  return Object.fromEntries(Reflect.ownKeys(value).map(entry)) as Inputs;
}

function numbers(value: unknown, name: string, depth: number): unknown {
  if (Array.isArray(value) && depth < MAX_DEPTH) {
    const isLeaf = (item: unknown) => typeof item === "number" || typeof item === "string" || item === null;
    return Array.from(value, (item) => (isLeaf(item) ? item : numbers(item, name, depth + 1)));
  }
  if (ArrayBuffer.isView(value) && /^(Float|Int|Uint)/.test(tag(value))) {
    return Float64Array.from(value as unknown as ArrayLike<number>);
  }
  // Says nothing of the value, which is private.
  const got = Array.isArray(value) ? "deeper ones" : `a value of type ${tag(value)}`;
  throw refusal(name, `expected arrays of numbers, names and null, at most ${MAX_DEPTH} deep, got ${got}`);
}

function names(value: unknown, name: string): readonly string[] {
  if (!Array.isArray(value)) throw refusal(name, `expected an array of names, got ${describe(value)}`);
  return Array.from(value, (item) => text(item, name));
}

/** Sizes by names. */
function sizes(value: unknown, name: string): Readonly<Record<string, number>> {
  if (!isPlain(value)) throw refusal(name, `expected a plain object, got ${describe(value)}`);
  const entry = (key: string | symbol) => {
    if (typeof key === "symbol") throw refusal(name, "expected names that are strings");
    return [key, integer(value[key], name, 1, 2 ** 31 - 1)] as const;
  };
  return Object.fromEntries(Reflect.ownKeys(value).map(entry));
}

export function text(value: unknown, name: string): string {
  if (typeof value !== "string") throw refusal(name, `expected a string, got ${describe(value)}`);
  return value;
}

function contextBytes(value: unknown, name: string): Uint8Array<ArrayBuffer> {
  const bytes = typeof value === "string" ? fromHex(value, name) : copyBytes(value);
  if (!bytes) throw refusal(name, `expected bytes or hexadecimal digits, got ${describe(value)}`);
  if (bytes.length === 0) throw refusal(name, `empty; ${NONE_BY_NAME}`);
  if (bytes.length > MAX_CONTEXT_BYTES) {
    throw refusal(name, `${bytes.length} bytes, at most ${MAX_CONTEXT_BYTES} are allowed`);
  }
  return bytes;
}

function fromHex(digits: string, name: string): Uint8Array<ArrayBuffer> {
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/.test(digits)) {
    throw refusal(name, "expected an even number of lower-case hexadecimal digits");
  }
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** A copy of the bytes of a buffer or of a view of one, of this page or of another frame; `undefined` for all else. */
function copyBytes(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  try {
    if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
    if (!["ArrayBuffer", "SharedArrayBuffer"].includes(tag(value))) return undefined;
    const bytes = new Uint8Array(value as ArrayBufferLike);
    return bytes.buffer === value ? bytes.slice() : undefined;
  } catch {
    // A buffer that was transferred away.
    return undefined;
  }
}

function digest(value: unknown, name: string): string {
  if (typeof value !== "string" || !/^[0-9a-f]{64}$/.test(value)) {
    throw refusal(name, "expected 64 lower-case hexadecimal digits");
  }
  if (!globalThis.crypto?.subtle) {
    throw new HushproofError("unsupported-browser", `${name} needs a page served over HTTPS or from localhost`);
  }
  return value;
}

function address(value: unknown, name: string): string {
  const given = String(value);
  if (given === "") throw refusal(name, "expected an address, got an empty string");
  try {
    return new URL(given, document.baseURI).href;
  } catch {
    throw refusal(name, `${given} is no address`);
  }
}

/** An address that ends with a slash. */
function folder(value: unknown, name: string): string {
  if (typeof value !== "string" && tag(value) !== "URL") {
    throw refusal(name, `expected an address, got ${describe(value)}`);
  }
  const url = new URL(address(value, name));
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  // Addresses of data and of blobs have no path.
  if (!url.pathname.endsWith("/")) throw refusal(name, `${url.href} is no folder`);
  return url.href;
}

function abortSignal(value: unknown, name: string): AbortSignal {
  if (tag(value) !== "AbortSignal") throw refusal(name, `expected an AbortSignal, got ${describe(value)}`);
  return value as AbortSignal;
}

function progress(value: unknown, name: string): Progress {
  if (typeof value !== "function") throw refusal(name, `expected a function, got ${describe(value)}`);
  return value as Progress;
}

function flag(value: unknown, name: string): boolean {
  if (typeof value !== "boolean") throw refusal(name, `expected true or false, got ${describe(value)}`);
  return value;
}

function number(value: unknown, name: string, least: number, most: number): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw refusal(name, `expected a number from ${least} to ${most}, got ${describe(value)}`);
}

function integer(value: unknown, name: string, least: number, most: number): number {
  if (Number.isInteger(value)) return number(value, name, least, most);
  throw refusal(name, `expected an integer from ${least} to ${most}, got ${describe(value)}`);
}

/** At most what wasm can address. */
function memoryBytes(value: unknown, name: string): number {
  return Math.min(number(value, name, MIN_MEMORY_BYTES, Number.POSITIVE_INFINITY), MAX_MEMORY_BYTES);
}

function range(value: unknown, name: string): [number, number] {
  if (Array.isArray(value) && value.length === 2 && value.every(Number.isFinite)) {
    const [min, max] = value as [number, number];
    if (min < max) return [min, max];
  }
  throw refusal(name, "expected two numbers, the least and the largest value");
}

/** A reduction; the schema of a committed output as JSON. */
function output(value: unknown, name: string): Output {
  if (!isPlain(value)) return oneOf<"public" | "argmax">(value, name, ["public", "argmax"]);
  const { threshold, bands, committed, ...others } = value;
  if (committed !== undefined && Object.keys(value).length === 1) return { committed: json(committed, name) };
  const alone = Object.keys(others).length === 0 && committed === undefined && (threshold === undefined) !== (bands === undefined);
  if (alone && Number.isFinite(threshold)) return { threshold: threshold as number };
  if (alone && Array.isArray(bands) && bands.length > 1 && bands.every(Number.isFinite)) {
    if (bands.every((at, i) => i === 0 || at > bands[i - 1])) return { bands: [...bands] as number[] };
  }
  throw refusal(name, "expected an object with a threshold, a finite number, bands, ascending numbers, or committed, a schema");
}

function oneOf<T extends string>(value: unknown, name: string, values: readonly T[]): T {
  const found = values.find((known) => known === value);
  if (found === undefined) throw refusal(name, `expected ${values.join(" or ")}, got ${describe(value)}`);
  return found;
}

/** Whether a value is an object as literals make them: a buffer or a view has no properties that would betray it. */
function isPlain(value: unknown): value is Record<string | symbol, unknown> {
  if (typeof value !== "object" || value === null || tag(value) !== "Object") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The name of a value's kind: `Number`, `ArrayBuffer`, `Object`. */
function tag(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function describe(value: unknown): string {
  const short = ["number", "boolean", "undefined"].includes(typeof value) || value === null;
  return short ? String(value) : `a value of type ${tag(value)}`;
}

function refusal(option: string, reason: string): HushproofError {
  return new HushproofError("option", `${option}: ${reason}`, { option });
}
