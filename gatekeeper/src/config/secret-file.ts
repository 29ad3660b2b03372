/** Files with secrets that the first start creates, readable for this user only. */
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Returns a new secret of 256 bits. */
export function makeSecret(): string {
  return randomBytes(32).toString('hex')
}

/** A short or empty secret could be guessed, so its form is checked at every start. */
export function isSecret(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

/** Returns the text of the file, which is created with `made` if it is missing. Throws as `node:fs` does. */
export function readOrMakeFile(path: string, made: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  try {
    // `wx` makes two first starts agree: the second one finds the file and reads it.
    writeFileSync(path, made, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  chmodSync(path, 0o600)
  return readFileSync(path, 'utf8')
}
