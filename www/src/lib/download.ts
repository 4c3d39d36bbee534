/** Fetching the model's files, with one progress figure for all of them. */
import { HushproofError, cancelled } from "./errors.js";
import type { CallOptions } from "./bridge.js";

/** A file's address, or its bytes. */
export type Source = string | URL | Uint8Array | ArrayBuffer;

/** The bytes of each source, in order. Progress is the mean over the files, by bytes where the server tells the size. */
export async function download(sources: readonly Source[], { signal, onProgress }: CallOptions): Promise<Uint8Array<ArrayBuffer>[]> {
  const fractions = sources.map(() => 0);
  onProgress?.("download", 0);
  return Promise.all(
    sources.map((source, i) =>
      read(source, signal, (fraction) => {
        fractions[i] = fraction;
        onProgress?.("download", fractions.reduce((sum, f) => sum + f, 0) / sources.length);
      }),
    ),
  );
}

async function read(source: Source, signal: AbortSignal | undefined, report: (fraction: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  if (source instanceof ArrayBuffer || source instanceof Uint8Array) {
    report(1);
    return new Uint8Array(source).slice();
  }
  const url = new URL(source, document.baseURI).href;
  try {
    const response = await fetch(url, { signal: signal ?? null });
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
