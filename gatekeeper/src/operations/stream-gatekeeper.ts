import { type IncomingMessage, request } from 'node:http'
import type { Listen } from '../lib/net/listening.ts'

/** An answer that comes little by little; `text` is all of it where the status is not 200. */
export type StreamedAnswer =
  | { readonly status: 200; readonly chunks: AsyncIterable<string> }
  | { readonly status: number; readonly text: string }

/** A refusal is short; of a longer one the rest is left unread. */
const refusalCharsMax = 64 * 1024

/**
 * Asks the running gatekeeper for an answer that streams. Rejects with an error that has a `code` if
 * no gatekeeper answers. The chunks end without an error when `signal` is aborted or the gatekeeper
 * goes away.
 */
export async function streamGatekeeper(
  listen: Listen | null,
  {
    path,
    question,
    signal,
  }: {
    readonly path: string
    readonly question: object
    readonly signal: AbortSignal
  },
): Promise<StreamedAnswer> {
  if (listen?.kind !== 'unix') throw Object.assign(new Error('no socket'), { code: 'ENOTSUP' })
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const asking = request({
    ...{ socketPath: listen.path, path, method: 'POST', agent: false, signal },
    headers: { host: 'localhost', 'content-type': 'application/json' },
  })
  asking.on('error', reject)
  asking.on('response', (response) => {
    response.on('error', () => {})
    resolve(response)
  })
  asking.end(JSON.stringify(question))
  const response = await promise
  const { statusCode: status = 502 } = response
  if (status === 200) return { status, chunks: chunksOf(response) }
  return { status, text: await readRefusal(response) }
}

async function* chunksOf(response: IncomingMessage): AsyncGenerator<string> {
  try {
    for await (const chunk of response.setEncoding('utf8')) yield chunk as string
  } catch {
    // What has arrived is what there is; the reader sees that the last event is missing.
  } finally {
    response.destroy()
  }
}

async function readRefusal(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of chunksOf(response)) {
    text += chunk
    if (text.length > refusalCharsMax) break
  }
  return text.slice(0, refusalCharsMax)
}
