import type { Readable } from 'node:stream'
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from 'node:zlib'
import type { Reason } from '../model/reason.ts'
import type { RequestHead } from './request-head.ts'

const options = { chunkSize: 64 * 1024 }
const decoders = {
  gzip: () => createGunzip(options),
  'x-gzip': () => createGunzip(options),
  deflate: () => createInflate(options),
  br: () => createBrotliDecompress(options),
  zstd: () => createZstdDecompress(options),
} as const

type Coding = keyof typeof decoders

/** Returns the only coding of a body; null if it has none, undefined if we cannot decode it. */
export function codingOf(head: RequestHead): Coding | null | undefined {
  const coding = head.fields['content-encoding']?.[0]?.trim().toLowerCase() ?? 'identity'
  if (coding === 'identity' || coding === '') return null
  return Object.hasOwn(decoders, coding) ? (coding as Coding) : undefined
}

/**
 * Decodes a body up to a size, because a few bytes can expand to gigabytes. The output is charged
 * as it comes, so that many such bodies at once are as bounded as one.
 */
export async function decodeBody(
  bytes: Buffer,
  coding: Coding,
  bounds: { readonly bytesMax: number; readonly take: (bytes: number) => boolean },
): Promise<Buffer | Reason> {
  const decoder = decoders[coding]()
  // The loop below gets the error; after the loop nobody listens for it.
  decoder.on('error', () => {})
  decoder.end(bytes)
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of decoder as Readable) {
      length += (chunk as Buffer).length
      if (length > bounds.bytesMax) return 'body-too-large'
      if (!bounds.take((chunk as Buffer).length)) return 'too-much-in-flight'
      chunks.push(chunk as Buffer)
    }
  } catch {
    return 'body-malformed'
  } finally {
    decoder.destroy()
  }
  return Buffer.concat(chunks, length)
}
