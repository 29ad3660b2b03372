/** The copy of everything that is stored about a person (GDPR, Articles 15 and 20), as JSON. */
import { hasName } from '../../audit/subjects.ts'
import { formatInstant } from '../../lib/instant.ts'
import { readRecords } from '../audit/read-records.ts'
import type { Installation } from '../installation.ts'
import { viewKey } from '../keys/key-view.ts'
import { readUsageOf } from '../usage/person-usage.ts'
import { requirePerson } from './find-person.ts'
import { viewPerson } from './read-people.ts'

/**
 * Yields the document line by line; `docs/compliance.md` lists its members. Records the export
 * before the first one. `describeSignin` returns what `admin.db` has of the person with an id. Rejects
 * as `requirePerson` does, and with an UnrecordedError.
 */
export async function* exportPerson(
  name: string,
  installation: Installation,
  { describeSignin }: { readonly describeSignin?: (id: string) => Promise<object | null> } = {},
): AsyncGenerator<string> {
  const { stateDir, auditFolder: folder, clock, record } = installation
  const { person } = await requirePerson(name, installation)
  const { consolePerson, keys, plainKeys, appUser, rules, splitKeys, refs, principals } = person
  await record([{ event: 'data.exported', user: name }])
  const now = clock()
  const head = {
    ...{ version: 1, name, exportedAt: formatInstant(now) },
    person: consolePerson && viewPerson(consolePerson),
    signin: consolePerson && ((await describeSignin?.(consolePerson.id)) ?? null),
    keys: [...keys, ...plainKeys].map((key) => viewKey(key, now)),
    appUser,
    addressRules: rules,
    // Without what is sealed: it opens for nobody but the gatekeeper.
    splitKeys: splitKeys.map(({ id, provider, description, createdAt }) => ({
      ...{ id, provider, description, createdAt: formatInstant(createdAt) },
    })),
    references: refs,
  }
  yield `${JSON.stringify(head, null, 2).slice(0, -2)},`
  yield '  "usage": ['
  yield* separated(usageLines(stateDir, name))
  yield '  ],'
  yield '  "audit": ['
  yield* separated(auditLines(folder, new Set([name, ...principals])))
  yield '  ]'
  yield '}'
}

async function* usageLines(stateDir: string, name: string): AsyncGenerator<string> {
  for await (const rows of readUsageOf(stateDir, name)) {
    for (const { id: _, at, ...row } of rows)
      yield JSON.stringify({ at: formatInstant(at), ...row })
  }
}

async function* auditLines(folder: string, names: ReadonlySet<string>): AsyncGenerator<string> {
  const question = { folder, sinceAt: 0, untilAt: null, onUnreadable: () => {} }
  for await (const block of readRecords(question)) {
    for (const { record, line } of block) if (hasName(record, names)) yield line
  }
}

/** The entries of a list: a comma after each but the last. */
async function* separated(entries: AsyncGenerator<string>): AsyncGenerator<string> {
  let last: string | null = null
  for await (const entry of entries) {
    if (last !== null) yield `    ${last},`
    last = entry
  }
  if (last !== null) yield `    ${last}`
}
