import type { Installation } from '../../gatekeeper/src/operations/installation.ts'
import { type KeyTags, readKeyTags } from '../../gatekeeper/src/operations/keys/key-tags.ts'
import type { Command, Output } from '../frame/program.ts'
import { UsageError, type Words } from '../frame/words.ts'

/** What the commands of the audit need. */
export type AuditContext = Installation &
  Output & {
    /** The folder of the person, for files that are named on the command line. */
    readonly base: string
    /** Aborts at Ctrl-C. */
    readonly stopped: AbortSignal
  }

export type AuditCommand = Command<AuditContext>

/** Called for a line of the audit that is not a record. */
export const noteUnreadable =
  ({ note }: AuditContext) =>
  (file: string, line: number) =>
    note(`${file}:${line} is not a record: npm run audit -- verify`)

/** Reads the tags of keys; notes why they are unknown, if they are. */
export async function readTags(context: AuditContext): Promise<KeyTags['byPrincipal']> {
  const { byPrincipal, problem } = await readKeyTags(context)
  if (problem !== null) context.note(problem)
  return byPrincipal
}

/** Returns the number of an option; throws a UsageError for anything else. */
export function readCount(words: Words, name: string, byDefault: number): number {
  const text = words.values[name]
  if (text === undefined) return byDefault
  if (typeof text === 'string' && /^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text)
  const example = byDefault === Number.POSITIVE_INFINITY ? 100 : byDefault
  throw new UsageError(`--${name} must be a whole number of 1 or more, such as ${example}`)
}
