/**
 * Changes content on its way, synchronously and in constant memory. Bytes are given back as soon as
 * they are certain: `push` returns what may go on now, `end` what was held back; null is nothing.
 */
export type ByteTransform = {
  push(chunk: Buffer): Buffer | null
  end(): Buffer | null
}
