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

/** The one coding of a body; null where it has none, undefined for one that nobody here reads. */
export function codingOf(head: RequestHead): Coding | null | undefined {
  const coding = head.fields['content-encoding']?.[0]?.trim().toLowerCase() ?? 'identity'
  if (coding === 'identity' || coding === '') return null
  return Object.hasOwn(decoders, coding) ? (coding as Coding) : undefined
}

/**
 * Undoes a coding, up to a size: a few bytes can stand for gigabytes. What comes out is charged
 * while it comes, so that many such bodies at a time are as bounded as one.
 */
export async function decodeBody(
  bytes: Buffer,
  coding: Coding,
  bounds: { readonly bytesMax: number; readonly take: (bytes: number) => boolean },
): Promise<Buffer | Reason> {
  const decoder = decoders[coding]()
  // The loop below hears of it, and nobody does once that is left.
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
