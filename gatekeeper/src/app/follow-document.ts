import { type FollowedFile, followFile } from '../lib/files/follow-file.ts'
import { describeUnreadable } from '../lib/files/text-file.ts'
import type { AppDeps } from './app-deps.ts'
import type { AuditPart } from './parts/audit.ts'

type Rows<Row> = Readonly<Record<string, Row>>

export type DocumentDeps<Row> = Pick<AppDeps, 'log'> & {
  /** What it holds, as log and audit say it. */
  readonly name: string
  /** Returns the rows of a text. Throws a ProblemsError. */
  readonly parse: (text: string, source: string) => Rows<Row>
  /** Left out if whoever writes it records every change. */
  readonly recordChange?: AuditPart['recordChange']
}

/**
 * Follows a document of rows in the mounted folder; without the file there are none. Logs and records
 * its changes. Rejects with a ProblemsError if it is broken now.
 */
export async function followDocument<Row>(
  path: string,
  { name, parse, log, recordChange }: DocumentDeps<Row>,
): Promise<FollowedFile<Rows<Row>>> {
  const followed: FollowedFile<Rows<Row>> = await followFile<Rows<Row>>({
    path,
    interpret: (text) => parse(text, path),
    absent: () => ({}),
    unreadable: (code) => describeUnreadable(path, code),
    onChange: (before) => {
      const rows = followed.current()
      recordChange?.(`${name}.reloaded`, compare(before, rows))
      const [count, problems] = [Object.keys(rows).length, followed.problems()]
      if (problems.length === 0) log.info({ file: path, count }, `${name} reloaded`)
      else
        log.error({ file: path, problems }, `${name} not reloaded: the last valid rows stay in use`)
    },
  })
  return followed
}

function compare<Row>(before: Rows<Row>, after: Rows<Row>) {
  const isSame = (id: string) => JSON.stringify(before[id]) === JSON.stringify(after[id])
  const [old, now] = [Object.keys(before), Object.keys(after)]
  return {
    added: now.filter((id) => !Object.hasOwn(before, id)),
    removed: old.filter((id) => !Object.hasOwn(after, id)),
    changed: now.filter((id) => Object.hasOwn(before, id) && !isSame(id)),
  }
}
