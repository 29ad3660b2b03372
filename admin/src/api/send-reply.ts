/** Sends what an endpoint answers. */
import type { ServerResponse } from 'node:http'
import type { Reply } from './endpoint.ts'

/** Sends the reply; resolves when all of it is written, or nobody waits for it any more. */
export async function sendReply(
  res: ServerResponse,
  reply: Reply,
  signal: AbortSignal,
): Promise<void> {
  res.statusCode = reply.status
  if (reply.etag !== undefined) res.setHeader('etag', `"${reply.etag}"`)
  for (const [name, value] of Object.entries(reply.fields ?? {})) {
    res.setHeader(name, typeof value === 'string' ? value : [...value])
  }
  const isHead = res.req.method === 'HEAD'
  if (reply.stream !== undefined) {
    res.setHeader('content-type', reply.stream.type)
    if (isHead) return void res.end()
    return await sendChunks(res, reply.stream.chunks, signal)
  }
  if (reply.body === undefined) return void res.end()
  const text = JSON.stringify(reply.body)
  res.setHeader('content-type', 'application/json; charset=utf-8')
  res.setHeader('content-length', Buffer.byteLength(text))
  res.end(isHead ? undefined : text)
}

/** Waits for a slow reader, so that a long export never stands in memory as a whole. */
async function sendChunks(
  res: ServerResponse,
  chunks: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<void> {
  // A stream of events may have nothing to say for a while, and the page waits for the head.
  res.flushHeaders()
  for await (const chunk of chunks) {
    if (signal.aborted) return
    if (!res.write(chunk)) await untilWritable(res, signal)
  }
  res.end()
}

function untilWritable(res: ServerResponse, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const go = () => {
    res.off('drain', go)
    signal.removeEventListener('abort', go)
    resolve()
  }
  res.on('drain', go)
  signal.addEventListener('abort', go)
  return promise
}
