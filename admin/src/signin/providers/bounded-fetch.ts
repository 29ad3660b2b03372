/** Requests to login providers: bounded in time and size, and never led to another address. */

export type Fetch = (url: string, options: RequestInit) => Promise<Response>

const timeoutMs = 10_000
const bytesMax = 256 * 1024

/**
 * Asks and reads the whole answer. Rejects if it redirects, takes longer than 10 seconds, or has more
 * than 256 KiB.
 */
export async function boundedFetch(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, {
    ...options,
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw new Error('the answer of the provider is too long')
    chunks.push(chunk)
  }
  const { status, headers } = response
  const hasBody = status !== 204 && status !== 304
  return new Response(hasBody ? new Blob(chunks) : null, { status, headers })
}
