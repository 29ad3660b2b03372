import { randomBytes } from 'node:crypto'

const form = /^[A-Za-z0-9_-]{43}$/

/** Returns 32 random bytes in base64url. */
export function createSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Whether a text has the form of `createSecret`. */
export function isSecret(text: string): boolean {
  return form.test(text)
}
