import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import type { OAuthSettings } from '../../gatekeeper/src/config/read-oauth.ts'
import type { IssuerSettings } from '../../gatekeeper/src/config/resolve-issuers.ts'
import type { KnownServices } from '../../gatekeeper/src/credentials/key-record.ts'
import type { Clock } from '../../gatekeeper/src/lib/clock.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'

/** The words of a command line after the command's own. */
export type Words = {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
  readonly positionals: readonly string[]
}

/** What commands need of the outside. */
export type Context = {
  /** `keys.json`. */
  readonly file: string
  /** The extra plain map of `API_KEYS_FILE`; null where there is none. */
  readonly plainFile: string | null
  /** `clients.json`. */
  readonly clientsFile: string
  readonly stateDir: string
  /** Signing keys and revocations are there. */
  readonly sharedDir: string
  readonly oauth: OAuthSettings
  /** Our name as an issuer of tokens. */
  readonly issuer: string
  /** Whose tokens are taken besides; throws a ProblemsError where gatekeeper.yaml is broken. */
  readonly foreignIssuers: () => readonly IssuerSettings[]
  /** Where clients call: `https://localhost:8443`. */
  readonly baseUrl: string
  readonly services: ServiceNames
  readonly clock: Clock
  /** Records what is about to be changed; where it rejects, it must not be. */
  readonly record: (acts: readonly Readonly<Record<string, unknown>>[]) => Promise<void>
  /** Reads everything that is piped in. */
  readonly readInput: () => Promise<string>
  /** Asks the person at the terminal; null where there is none. */
  readonly ask: ((question: string, options?: { isSecret: boolean }) => Promise<string>) | null
}

export type ServiceNames = KnownServices & {
  readonly names: readonly string[]
  /** Throws a ProblemsError where gatekeeper.yaml is broken, so that no name of it is known. */
  readonly require: () => void
}

/** What a command has to say: `lines` to people, `json` to programs. */
export type Report = {
  readonly code: number
  readonly lines: readonly string[]
  readonly json: unknown
  /** For people too, but no part of the result: goes to stderr. */
  readonly notes?: readonly string[]
}

export type Command = {
  readonly summary: string
  /** After the command's name. */
  readonly usage: string
  readonly options: ParseArgsOptionsConfig
  readonly help: readonly string[]
  readonly run: (words: Words, context: Context) => Promise<Report>
}

/** The command line cannot be understood. Says everything that is wrong with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = exitCode.usage
}

/** What stands on a command line. Throws a UsageError. */
export function parseWords<Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

export function stringOf(words: Words, name: string): string | undefined {
  const value = words.values[name]
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/** The values of an option that may be repeated, or hold several with commas between them. */
export function listOf(words: Words, name: string): string[] {
  const value = words.values[name]
  const texts = Array.isArray(value) ? value : []
  const entries = texts.flatMap((text: string) => text.split(',')).map((entry) => entry.trim())
  return [...new Set(entries.filter((entry) => entry !== ''))]
}

/** The one id of `show ID`, `disable ID` and the like. */
export function idOf(words: Words): string {
  const [id, ...rest] = words.positionals
  if (id === undefined) throw new UsageError('the ID of a key is missing; `list` shows them')
  if (rest.length > 0) throw new UsageError('one ID at a time, please')
  return id.startsWith('key:') ? id.slice('key:'.length) : id
}
