/**
 * Codes that a person types: 10 characters of base 32, made by the command line. One signs in where
 * there are no passkeys, another proves one act. A code works once, lives 15 minutes, and dies after
 * five wrong tries of anybody; a code that names an act is good for this act alone.
 */
import { randomInt } from 'node:crypto'
import type { AdminStore } from './admin-store.ts'
import { createId } from './ids.ts'
import { sha256Of } from './sessions.ts'

export const codeMs = 15 * 60_000
const failedTriesMax = 5

/** Crockford's letters: none looks like another. */
const letters = '0123456789abcdefghjkmnpqrstvwxyz'
const codeLength = 10

type Queries = Pick<AdminStore, 'queries'>

/** What a code is for; without an act it signs the person in. */
export type CodeUse = {
  /** The id of the person. */
  readonly person: string
  readonly act: string | null
  /** What the act is about; null is good for any. */
  readonly target: string | null
}

/** `code` is shown once, as `abcde-fghjk`. */
export type NewCode = { readonly code: string; readonly expiresAt: number }

/** Makes a code. Every earlier code of this person for the same act ends. */
export async function createCode(
  { queries }: Queries,
  { person, act, target }: CodeUse,
  now: number,
): Promise<NewCode> {
  const code = Array.from({ length: codeLength }, () => letters[randomInt(32)]).join('')
  const expiresAt = now + codeMs
  await queries.transaction().execute(async (within) => {
    await within
      .deleteFrom('codes')
      .where((row) =>
        row.or([
          row('expires_at', '<=', now),
          row.and([row('person', '=', person), row('act', 'is', act)]),
        ]),
      )
      .execute()
    await within
      .insertInto('codes')
      .values({
        ...{ id: createId(), code_sha256: sha256Of(code), person, act, target },
        ...{ failed_tries: 0, created_at: now, expires_at: expiresAt, used_at: null },
      })
      .execute()
  })
  return { code: `${code.slice(0, 5)}-${code.slice(5)}`, expiresAt }
}

/**
 * Returns the plain form of what a person typed, or null if it is not a code: case, blanks and
 * hyphens do not matter, and O, I and L are read as digits.
 */
export function readTypedCode(typed: string): string | null {
  const plain = typed.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1')
  const isCode = plain.length === codeLength && [...plain].every((one) => letters.includes(one))
  return isCode ? plain : null
}

/** What a code is typed for: a sign-in, or one act of one person. */
export type TypedFor =
  | { readonly act: null }
  | { readonly act: string; readonly person: string; readonly target: string | null }

/**
 * Uses a code up and returns its person; null if it is wrong. A wrong one counts against every code
 * that it could have been.
 */
export async function spendCode(
  { queries }: Queries,
  { typed, purpose }: { readonly typed: string; readonly purpose: TypedFor },
  now: number,
): Promise<string | null> {
  const plain = readTypedCode(typed)
  return await queries.transaction().execute(async (within) => {
    const open = await within
      .selectFrom('codes')
      .selectAll()
      .where('act', 'is', purpose.act)
      .where('used_at', 'is', null)
      .where('expires_at', '>', now)
      .where('failed_tries', '<', failedTriesMax)
      .execute()
    const candidates = open.filter((row) => isFor(row, purpose))
    const found = candidates.find(
      ({ code_sha256 }) => plain !== null && code_sha256 === sha256Of(plain),
    )
    if (found !== undefined) {
      await within.updateTable('codes').set({ used_at: now }).where('id', '=', found.id).execute()
      return found.person
    }
    for (const { id, failed_tries } of candidates) {
      const failed = { failed_tries: failed_tries + 1 }
      await within.updateTable('codes').set(failed).where('id', '=', id).execute()
    }
    return null
  })
}

function isFor(row: { person: string; target: string | null }, purpose: TypedFor): boolean {
  if (purpose.act === null) return true
  return row.person === purpose.person && (row.target === null || row.target === purpose.target)
}
