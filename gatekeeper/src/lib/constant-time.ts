import { hash, timingSafeEqual } from 'node:crypto'

/**
 * Compares two secrets without telling by its duration where they differ, nor how long the
 * right one is: both are hashed first, so that the compared buffers are always of one length.
 */
export function isSameSecret(left: string, right: string): boolean {
  return timingSafeEqual(sha256(left), sha256(right))
}

/** SHA-256 of the text's UTF-8 bytes. */
export function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
