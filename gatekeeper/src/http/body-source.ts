import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BodySource } from '../admission/body-source.ts'
import type { ByteBudget, ByteLease } from '../lib/load/byte-budget.ts'

/** Requests that wait for `100 Continue` before they send their body (RFC 9110 §10.1.1). */
const waiting = new WeakSet<IncomingMessage>()

/** Marks a request whose client waits; it goes on only where the head was admitted. */
export function markWaiting(request: IncomingMessage): void {
  waiting.add(request)
}

/** Lets a waiting client send its body: called once, when the body is really wanted. */
export function allowBody(request: IncomingMessage, response: ServerResponse): void {
  if (waiting.delete(request)) response.writeContinue()
}

/**
 * The body of a request, read only when a check asks for it. Its bytes are held until the answer has
 * ended, however it ends: so long they are in memory.
 */
export function createBodySource(
  request: IncomingMessage,
  response: ServerResponse,
  budget: ByteBudget,
): BodySource {
  let lease: ByteLease | null = null
  return {
    read: async (bytesMax, holder) => {
      if (Number(request.headers['content-length'] ?? 0) > bytesMax) return 'too-large'
      lease = budget.open(holder)
      response.once('close', lease.release)
      if (response.destroyed) lease.release()
      allowBody(request, response)
      try {
        return await readWhole(request, { bytesMax, take: lease.take })
      } catch {
        return 'aborted'
      }
    },
    take: (bytes) => lease?.take(bytes) ?? false,
    leaving: () => {
      const left = new AbortController()
      response.once('close', () => left.abort())
      if (response.destroyed) left.abort()
      return left.signal
    },
  }
}

type Bounds = { readonly bytesMax: number; readonly take: (bytes: number) => boolean }

async function readWhole(
  request: IncomingMessage,
  { bytesMax, take }: Bounds,
): Promise<Buffer | 'too-large' | 'too-much-in-flight'> {
  const chunks: Buffer[] = []
  let length = 0
  // Not by `for await`, which destroys the request when it is left early, and with it the answer.
  const { promise, resolve, reject } = Promise.withResolvers<
    Buffer | 'too-large' | 'too-much-in-flight'
  >()
  const stop = (why: 'too-large' | 'too-much-in-flight') => {
    request.pause()
    request.removeAllListeners('data')
    resolve(why)
  }
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > bytesMax) return stop('too-large')
    // As they come, not as they are announced: an announcement costs its sender nothing.
    if (!take(chunk.length)) return stop('too-much-in-flight')
    chunks.push(chunk)
  })
  request.once('end', () =>
    resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length)),
  )
  request.once('error', reject)
  request.once('close', () => {
    // After its end this is the usual close, and an Error costs more than the body did.
    if (!request.readableEnded) reject(new Error('closed before its end'))
  })
  return promise
}
