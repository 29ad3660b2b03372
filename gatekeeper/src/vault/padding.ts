const blockBytes = 64
const end = 0x80

/**
 * Fills the content up to a multiple of 64 bytes (ISO/IEC 7816-4: 0x80, then zeros), so that a sealed
 * key does not show its length, and with it the provider or the type of key.
 */
export function pad(content: Buffer): Buffer {
  const length = Math.ceil((content.length + 1) / blockBytes) * blockBytes
  const padded = Buffer.alloc(length)
  content.copy(padded)
  padded[content.length] = end
  return padded
}

/** Returns the content without its padding; null if it has none. */
export function unpad(padded: Buffer): Buffer | null {
  const at = padded.findLastIndex((byte) => byte !== 0)
  return at !== -1 && padded[at] === end ? padded.subarray(0, at) : null
}
