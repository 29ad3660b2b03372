import { randomInt } from 'node:crypto'

const digits = '0123456789abcdefghijklmnopqrstuvwxyz'

/** Returns an id of 10 characters of base 36. It finds something and proves nothing. */
export function createId(): string {
  return Array.from({ length: 10 }, () => digits[randomInt(36)]).join('')
}
