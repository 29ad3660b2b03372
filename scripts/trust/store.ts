import type { RunCommand } from '../caddy/run-command.ts'

/** The root certificate of our own authority. */
export type Authority = {
  /** Its file, as PEM. */
  readonly file: string
  /** SHA-1 of the certificate in hexadecimal, by which systems name it. */
  readonly thumbprint: string
  /** Its name in stores that want one. */
  readonly nickname: string
}

/** A store of certificates of this user. */
export type TrustStore = {
  /** For people: `Chromium (~/.pki/nssdb)`. */
  readonly name: string
  /** Adds the authority; adding it twice is harmless. Returns the fault, or null. */
  readonly add: (authority: Authority) => Promise<string | null>
  /** Removes the authority; removing one that is not there is harmless. Returns the fault, or null. */
  readonly remove: (authority: Authority) => Promise<string | null>
}

/** The machine of the person. */
export type Machine = {
  readonly platform: string
  readonly home: string
  readonly run: RunCommand
}

/** How long a store may ask the person for a password. */
const limitSeconds = 120

/** Runs a command of a store. Returns null, or the first line that says what went wrong. */
export async function runStore(
  run: RunCommand,
  command: string,
  words: readonly string[],
): Promise<string | null> {
  const { status, stdout, stderr, errorCode } = await run(command, words, limitSeconds)
  if (status === 0) return null
  if (errorCode !== null) return `${command} cannot be run (${errorCode})`
  const said = `${stderr}\n${stdout}`.split('\n').find((line) => line.trim() !== '')
  return said?.trim() ?? `${command} ended with ${status}`
}
