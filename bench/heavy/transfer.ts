import type { ClientRequest, IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createCaller, type EntryPoint } from './caller.ts'

export type TransferPlan = EntryPoint & {
  readonly kind: 'transfer'
  readonly path: string
  /** The body: a form with a file, a chat with an image, or a request for speech. */
  readonly body: 'form' | 'json' | 'speech'
  /** Size of the file or the image. */
  readonly bytes: number
}

export type TransferTally = {
  readonly status: number
  readonly tookMs: number
  readonly receivedBytes: number
  /** How many bytes arrived, as the application reports; null if it does not. */
  readonly uploadedBytes: number | null
}

const boundary = 'bench-5f0c2a'
const piece = Buffer.alloc(64_000, 'A')

/** Sends one request with a large body or a large answer. */
export async function runTransfer(plan: TransferPlan): Promise<TransferTally> {
  const caller = createCaller(plan.target, 1)
  const { type, before, after } = framing[plan.body]
  const frameBytes = Buffer.byteLength(before + after)
  const length = frameBytes + (plan.body === 'speech' ? 0 : plan.bytes)
  const headers = { ...plan.fields, 'content-type': type, 'content-length': length }
  const startedAt = performance.now()
  const request = caller.open({ method: 'POST', path: plan.path, headers })
  const answered = answerOf(request)
  try {
    const pieces = function* () {
      yield Buffer.from(before)
      let left = length - frameBytes
      for (; left > 0; left -= piece.length) yield piece.subarray(0, Math.min(left, piece.length))
      yield Buffer.from(after)
    }
    await pipeline(Readable.from(pieces(), { highWaterMark: 4 }), request)
    const { status, bytes, text } = await answered
    const uploaded = /"length":(\d+)/.exec(text)?.[1]
    return {
      ...{ status, receivedBytes: bytes, tookMs: performance.now() - startedAt },
      uploadedBytes: uploaded === undefined ? null : Number(uploaded) - frameBytes,
    }
  } finally {
    caller.close()
  }
}

const part = (name: string) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`

const framing = {
  form: {
    type: `multipart/form-data; boundary=${boundary}`,
    before: `${part('model')}\r\n\r\nwhisper-1\r\n${part('file')}; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n`,
    after: `\r\n--${boundary}--\r\n`,
  },
  json: {
    type: 'application/json',
    before:
      '{"model":"tiny:latest","stream":false,"messages":[{"role":"user","content":"What is this?","images":["',
    after: '"]}]}',
  },
  speech: {
    type: 'application/json',
    before: '{"model":"tiny","voice":"alloy","input":"A long story."}',
    after: '',
  },
} as const

type Answered = { readonly status: number; readonly bytes: number; readonly text: string }

/** Keeps only the beginning, because the whole answer would fill the client's memory. */
function answerOf(request: ClientRequest): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>()
  request.on('error', reject)
  request.on('response', (response: IncomingMessage) => {
    let bytes = 0
    let text = ''
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (text.length < 1_000) text += chunk.toString('latin1', 0, 1_000)
    })
    response.on('error', reject)
    response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes, text }))
  })
  return promise
}
