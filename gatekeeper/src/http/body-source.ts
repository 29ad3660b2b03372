import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BodySource, Unread } from '../admission/body-source.ts'
import type { ByteBudget, ByteLease } from '../lib/load/byte-budget.ts'

/** Requests whose client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1). */
const waiting = new WeakSet<IncomingMessage>()

/** Marks a request whose client waits for `100 Continue`. */
export function markWaiting(request: IncomingMessage): void {
  waiting.add(request)
}

/** Sends `100 Continue` to a waiting client; called once, when the body is about to be read. */
export function allowBody(request: IncomingMessage, response: ServerResponse): void {
  if (waiting.delete(request)) response.writeContinue()
}

/**
 * Returns the body of a request, which is read only when a check needs it. The byte budget keeps
 * the bytes until the answer has ended, however it ends, because they stay in memory until then.
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

/** A body of this size is here at once, or it is sent to hold the bytes that others need. */
const smallBytesMax = 64 * 1024
const smallMsMax = 10_000

async function readWhole(
  request: IncomingMessage,
  { bytesMax, take }: Bounds,
): Promise<Buffer | Unread> {
  const chunks: Buffer[] = []
  let length = 0
  // Not `for await`: leaving it early destroys the request, and the answer with it.
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | Unread>()
  const stop = (why: Unread) => {
    request.pause()
    request.removeAllListeners('data')
    resolve(why)
  }
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > bytesMax) return stop('too-large')
    // Charges the bytes that arrive, not the announced length, which costs a client nothing.
    if (!take(chunk.length)) return stop('too-much-in-flight')
    chunks.push(chunk)
  })
  request.once('end', () =>
    resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length)),
  )
  request.once('error', reject)
  request.once('close', () => {
    // After the end of the body this is a normal close, and an Error would cost more than the body.
    if (!request.readableEnded) reject(new Error('closed before its end'))
  })
  if (bytesMax > smallBytesMax) return promise
  const timer = setTimeout(() => stop('aborted'), smallMsMax)
  return promise.finally(() => clearTimeout(timer))
}
