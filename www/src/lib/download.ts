/** Fetching the model's files, with one progress figure for all of them. */
import { forget, keep, readKept, sha256 } from "./cache.js";
import { HushproofError, cancelled } from "./errors.js";
import type { CallOptions } from "./bridge.js";

/** Bytes: a buffer, or a view of any kind. */
export type Bytes = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

/** A file's address, or its bytes. */
export type Source = string | URL | Bytes;

/** A {@link Source} that was checked: a whole address, or bytes that nobody else has. */
export type FileData = string | Uint8Array<ArrayBuffer>;

/** A file to fetch. */
export interface Wanted {
  source: FileData;
  /** SHA-256 of the file in hexadecimal; another file is refused. */
  digest?: string | undefined;
  /** Whether the file is kept for later visits; only a file with a digest is. */
  keep?: boolean;
}

/** The bytes of each file, in order. Progress is the mean over the files, by bytes where the server tells the size. */
export async function download(files: readonly Wanted[], { signal, onProgress }: CallOptions): Promise<Uint8Array<ArrayBuffer>[]> {
  const fractions = files.map(() => 0);
  onProgress?.("download", 0);
  return Promise.all(
    files.map((file, i) =>
      read(file, signal, (fraction) => {
        fractions[i] = fraction;
        onProgress?.("download", fractions.reduce((sum, f) => sum + f, 0) / files.length);
      }),
    ),
  );
}

async function read(file: Wanted, signal: AbortSignal | undefined, report: (fraction: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const { source: url, digest } = file;
  if (typeof url !== "string") {
    if (digest !== undefined) await check(url, digest, {});
    report(1);
    return url;
  }
  if (digest === undefined) return fetchBytes(url, "default", signal, report);
  const kept = file.keep ? await readKept(url, digest) : undefined;
  if (kept) {
    if ((await sha256(kept)) === digest) {
      if (signal?.aborted) throw cancelled();
      report(1);
      return kept;
    }
    await forget(url);
  }
  // The browser's own cache may hold an older file for as long as its server said.
  const bytes = await fetchBytes(url, "no-cache", signal, report);
  await check(bytes, digest, { url });
  if (file.keep) await keep(url, digest, bytes);
  if (signal?.aborted) throw cancelled();
  return bytes;
}

async function check(bytes: Uint8Array<ArrayBuffer>, expected: string, details: { url?: string }): Promise<void> {
  const got = await sha256(bytes);
  if (got === expected) return;
  throw new HushproofError("integrity", `${details.url ?? "a file"} has SHA-256 ${got}, expected ${expected}`, { ...details, expected, got });
}

async function fetchBytes(
  url: string,
  cache: RequestCache,
  signal: AbortSignal | undefined,
  report: (fraction: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetch(url, { cache, signal: signal ?? null });
    if (!response.ok || !response.body) {
      throw new HushproofError("network", `${url}: the server answered ${response.status}`, { url, status: response.status });
    }
    // A compressed answer's length is not that of the bytes read here.
    const total = response.headers.has("content-encoding") ? 0 : Number(response.headers.get("content-length") ?? 0);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let received = 0;
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      received += value.length;
      if (total > 0) report(Math.min(1, received / total));
    }
    const bytes = new Uint8Array(received);
    let offset = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    report(1);
    return bytes;
  } catch (error) {
    if (signal?.aborted) throw cancelled();
    if (error instanceof HushproofError) throw error;
    throw new HushproofError("network", `cannot download ${url}`, { url });
  }
}
