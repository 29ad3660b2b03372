/**
 * Changes content as it passes, synchronously and in constant memory. `push` returns the bytes that
 * may go on now, `end` the bytes that were held back; both return null if there are none.
 */
export type ByteTransform = {
  push(chunk: Buffer): Buffer | null
  end(): Buffer | null
}
