/**
 * Changes a JSON document of keys or clients under its lock, and keeps its last ten versions. Never
 * writes a document that the service would refuse, nor over one that it refuses now: a person may
 * have written it by hand.
 */
import { changeFile, type NewText } from '../lib/files/change-file.ts'
import { formatInstant } from '../lib/instant.ts'

/**
 * The stored form of a secret. Instants are ISO 8601; two secrets are a rotation with an overlap.
 */
export type SecretEntry = { sha256: string; createdAt: string | null; expiresAt: string | null }

export type DocumentFile<Document> = {
  readonly path: string
  /**
   * Returns the document of a text, an empty one if there is no file. Throws a ProblemsError if the
   * service would refuse the text.
   */
  readonly parse: (text: string | null) => Document
  /** Records the change before it is written; if it rejects, nothing is written. */
  readonly record: (before: string | null, after: Document) => Omit<NewText, 'text'>
  readonly read?: (path: string) => Promise<string | null>
}

/** Returns what `edit` returned. Rejects as `parse`, `edit`, `record` and `node:fs` do. */
export async function changeDocument<Document, Result>(
  { path, parse, record, read }: DocumentFile<Document>,
  edit: (document: Document) => Result,
): Promise<Result> {
  const change = (before: string | null) => {
    const document = parse(before)
    const result = edit(document)
    const text = `${JSON.stringify(document, null, 2)}\n`
    parse(text)
    return { result, text, ...record(before, document) }
  }
  return (await changeFile(path, change, { read, keepsVersions: true })).result
}

export function createSecretEntry(sha256: string, now: number): SecretEntry {
  return { sha256, createdAt: formatInstant(now), expiresAt: null }
}

/**
 * Returns the secrets after a rotation: the newest old one works until `now + overlapMs`, but never
 * longer than before; without an overlap it stops at once.
 */
export function rotateSecrets(
  secrets: readonly SecretEntry[],
  next: SecretEntry,
  { now, overlapMs }: { readonly now: number; readonly overlapMs: number },
): SecretEntry[] {
  const last = secrets.at(-1)
  if (last === undefined || overlapMs === 0) return [next]
  const until = now + overlapMs
  const isSooner = last.expiresAt !== null && Date.parse(last.expiresAt) <= until
  return [isSooner ? last : { ...last, expiresAt: formatInstant(until) }, next]
}
