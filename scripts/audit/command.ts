import type { ParseArgsOptionsConfig } from 'node:util'
import type { Settings } from '../../gatekeeper/src/config/read-settings.ts'
import type { Clock } from '../../gatekeeper/src/lib/clock.ts'
import { readSince } from '../usage/read-words.ts'
import { UsageError, type Words } from '../words/words.ts'

/** What the commands need of the outside. */
export type AuditContext = {
  /** `audit` in the state folder. */
  readonly folder: string
  readonly settings: Settings
  /** Whose days dates mean. */
  readonly timeZone: string
  readonly clock: Clock
  /** Writes lines of the result; resolves when whoever reads them has taken them. */
  readonly say: (lines: readonly string[]) => Promise<void>
  /** For people, and no part of the result. */
  readonly note: (line: string) => void
  /** Where the person stood who named a file. */
  readonly base: string
  /** Aborts when the person has seen enough. */
  readonly stopped: AbortSignal
}

export type AuditCommand = {
  readonly summary: string
  readonly usage: string
  readonly options: ParseArgsOptionsConfig
  readonly help: readonly string[]
  /** Gives the exit code. */
  readonly run: (words: Words, context: AuditContext) => Promise<number>
}

/** Reads `--since` or `--until`: a duration back from now, a date, or an instant. */
export function readTime(name: string, text: string, context: AuditContext): number {
  try {
    return readSince(text, { now: context.clock(), timeZone: context.timeZone })
  } catch {
    throw new UsageError(
      `--${name} must be a duration such as 7d, a date such as 2026-11-01, or an instant such as 2026-11-01T08:00:00Z`,
    )
  }
}

/** A number that a person gave; throws a UsageError where it is none. */
export function readCount(words: Words, name: string, byDefault: number): number {
  const text = words.values[name]
  if (text === undefined) return byDefault
  if (typeof text === 'string' && /^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text)
  throw new UsageError(
    `--${name} must be a whole number of 1 or more, such as ${byDefault === Number.POSITIVE_INFINITY ? 100 : byDefault}`,
  )
}
