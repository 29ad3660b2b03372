import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BodySource } from '../admission/body-facts.ts'

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

/** The body of a request, read only when a check asks for it. */
export function createBodySource(request: IncomingMessage, response: ServerResponse): BodySource {
  return {
    read: async (bytesMax) => {
      if (Number(request.headers['content-length'] ?? 0) > bytesMax) return 'too-large'
      allowBody(request, response)
      try {
        return await readWhole(request, bytesMax)
      } catch {
        return 'aborted'
      }
    },
  }
}

async function readWhole(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Buffer | 'too-large'> {
  const chunks: Buffer[] = []
  let length = 0
  // Not by `for await`, which destroys the request when it is left early, and with it the answer.
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | 'too-large'>()
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= bytesMax) return void chunks.push(chunk)
    request.pause()
    request.removeAllListeners('data')
    resolve('too-large')
  })
  request.once('end', () => resolve(Buffer.concat(chunks, length)))
  request.once('error', reject)
  request.once('close', () => {
    // After its end this is the usual close, and an Error costs more than the body did.
    if (!request.readableEnded) reject(new Error('closed before its end'))
  })
  return promise
}
