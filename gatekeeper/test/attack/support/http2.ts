import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2'
import type { Stack } from '../../support/stack.ts'

/** The result of an HTTP/2 stream: a status, or how it was cut. */
export type StreamEnd = { readonly status: number | null; readonly text: string }

/** Opens an HTTP/2 connection to Caddy. */
export async function openHttp2(stack: Stack): Promise<ClientHttp2Session> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const session = connect(stack.url, { ca: stack.ca })
  session.once('remoteSettings', () => resolve())
  session.on('error', reject)
  await promise
  return session
}

/** One request as given, pseudo-fields included; it is cut after `limitMs`. */
export async function request(
  session: ClientHttp2Session,
  fields: OutgoingHttpHeaders,
  { body, limitMs = 3_000 }: { body?: string; limitMs?: number } = {},
): Promise<StreamEnd> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stream = session.request(fields, { endStream: false })
  let status: number | null = null
  let text = ''
  stream.on('response', (head) => {
    status = Number(head[':status'])
    // A tunnel has no end of its own.
    if (fields[':method'] === 'CONNECT' && status === 200) resolve()
  })
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  stream.on('close', resolve)
  stream.on('error', resolve)
  const timer = setTimeout(resolve, limitMs)
  if (body !== undefined) stream.write(body)
  if (fields[':method'] !== 'CONNECT') stream.end()
  await promise
  clearTimeout(timer)
  stream.destroy()
  return { status, text }
}
