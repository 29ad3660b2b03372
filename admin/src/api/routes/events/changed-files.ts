import { statSync } from 'node:fs'
import type { Installation } from '../../../../../gatekeeper/src/operations/installation.ts'

/** What a page shows that is kept in a document. */
export const things = [
  'keys',
  'clients',
  'users',
  'rules',
  'provider-keys',
  'split-keys',
  'people',
] as const
export type Thing = (typeof things)[number]

type Files = Pick<
  Installation,
  | 'file'
  | 'clientsFile'
  | 'usersFile'
  | 'rulesFile'
  | 'providersFile'
  | 'splitKeysFile'
  | 'peopleFile'
>

/** Returns a function that names the documents that changed since its last call. */
export function followDocuments(files: Files): () => readonly Thing[] {
  const paths: Readonly<Record<Thing, string>> = {
    keys: files.file,
    clients: files.clientsFile,
    users: files.usersFile,
    rules: files.rulesFile,
    'provider-keys': files.providersFile,
    'split-keys': files.splitKeysFile,
    people: files.peopleFile,
  }
  const seen = new Map(things.map((thing) => [thing, stateOf(paths[thing])]))
  return () =>
    things.filter((thing) => {
      const state = stateOf(paths[thing])
      const isChanged = state !== seen.get(thing)
      seen.set(thing, state)
      return isChanged
    })
}

function stateOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`
}
