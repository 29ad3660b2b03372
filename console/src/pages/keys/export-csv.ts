/** Lists as CSV, made in the page: the API is asked page by page, with the session's two halves. */
import { get, withQuery } from '../../api.ts'
import type { ListPage } from '../../lib/list.ts'
import { saveAs } from '../../lib/save-as.ts'
import type { Key } from './keys.ts'

const columns: readonly (readonly [title: string, of: (key: Key) => string])[] = [
  ['id', ({ id }) => id],
  ['user', ({ user }) => user],
  ['description', ({ description }) => description ?? ''],
  ['role', ({ role }) => role],
  ['services', ({ services }) => services.join(' ')],
  ['state', ({ state }) => state],
  ['models', ({ models }) => models.join(' ')],
  ['limits', ({ limits }) => limits.map(({ text }) => text).join('; ')],
  ['tags', ({ tags }) => tags.join(' ')],
  ['madeBy', ({ madeByName, madeBy }) => madeByName ?? madeBy ?? ''],
  ['createdAt', ({ createdAt }) => createdAt ?? ''],
  ['expiresAt', ({ expiresAt }) => expiresAt ?? ''],
  ['noExpiryReason', ({ noExpiryReason }) => noExpiryReason ?? ''],
  ['lastUsedAt', ({ lastUsedAt }) => lastUsedAt ?? ''],
]

/** Returns keys as the text of a CSV file (RFC 4180). */
export function toCsv(keys: readonly Key[]): string {
  const rows = keys.map((key) => columns.map(([, of]) => cell(of(key))))
  return [columns.map(([title]) => title), ...rows].map((row) => `${row.join(',')}\r\n`).join('')
}

/** A spreadsheet computes what begins like a formula, and a description is written by anybody. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Reads every key of a list and gives it to the person as a file. */
export async function exportKeys(query: Readonly<Record<string, string | null>>): Promise<void> {
  const keys: Key[] = []
  let cursor: string | null = null
  do {
    const path = withQuery('/keys', { ...query, cursor, limit: 200 })
    const page: ListPage<Key> = await get<ListPage<Key>>(path)
    keys.push(...page.items)
    cursor = page.next
  } while (cursor !== null)
  saveAs('gatekeeper-keys.csv', new Blob([toCsv(keys)], { type: 'text/csv;charset=utf-8' }))
}
