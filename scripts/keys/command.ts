import type { ParseArgsOptionsConfig } from 'node:util'
import type { OAuthSettings } from '../../gatekeeper/src/config/read-oauth.ts'
import type { IssuerSettings } from '../../gatekeeper/src/config/resolve-issuers.ts'
import type { Clock } from '../../gatekeeper/src/lib/clock.ts'
import type { KnownServices } from '../../gatekeeper/src/model/known-services.ts'
import type { Words } from '../words/words.ts'

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
  readonly aliases: readonly string[]
  /** The web origins that a service allows; none where it is not known. */
  readonly originsOf: (service: string) => readonly string[]
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
