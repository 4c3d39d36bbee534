/**
 * Public files kept between visits in the Cache API, each under its address and digest.
 *
 * What is kept is never trusted: who reads it checks the digest. Where storage is not to be had (private windows, full
 * disks, pages without TLS) nothing is kept, and nothing fails.
 */

/** The name under which the files are kept. */
export const CACHE_NAME = "hushproof";

/** The bytes kept for an address and a digest, if there are any. */
export async function readKept(url: string, digest: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const response = await (await caches.open(CACHE_NAME)).match(key(url, digest));
    return response && new Uint8Array(await response.arrayBuffer());
  } catch {
    return undefined;
  }
}

/** Keeps a file in place of all that was kept for its address. */
export async function keep(url: string, digest: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    const cache = await caches.open(CACHE_NAME);
    await cache.delete(url, { ignoreSearch: true });
    await cache.put(key(url, digest), new Response(bytes, { headers: { "Content-Type": "application/octet-stream" } }));
  } catch {
    // The next visit downloads it again.
  }
}

/** Throws away what is kept for an address. */
export async function forget(url: string): Promise<void> {
  try {
    await (await caches.open(CACHE_NAME)).delete(url, { ignoreSearch: true });
  } catch {
    // Nothing is kept.
  }
}

/** SHA-256 in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function key(url: string, digest: string): string {
  const address = new URL(url);
  address.searchParams.append("sha256", digest);
  return address.href;
}
