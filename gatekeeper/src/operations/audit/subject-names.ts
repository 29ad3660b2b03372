import { statSync } from 'node:fs'
import { readSubjectNames, subjectsFile } from '../../audit/subject-file.ts'

/** Names by reference, as the file has them now. */
export type SubjectNames = {
  readonly now: () => Promise<ReadonlyMap<string, string>>
}

/** Returns the names of a folder; the file is read again when it has changed. */
export function createSubjectNames(folder: string): SubjectNames {
  let mark = ''
  let names: Promise<ReadonlyMap<string, string>> = Promise.resolve(new Map())
  return {
    now: async () => {
      const found = statSync(subjectsFile(folder), { throwIfNoEntry: false })
      // An erasure writes another file.
      const seen = found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeMs}`
      if (seen !== mark) {
        mark = seen
        names = readSubjectNames(folder)
        names.catch(() => {
          mark = ''
        })
      }
      return await names
    },
  }
}
