import { readFile } from 'node:fs/promises'
import { parseKeyFile } from '../../api-keys/key-file.ts'
import type { KeyFile, KnownServices } from '../../api-keys/key-record.ts'
import { describeUnreadable } from '../../api-keys/unreadable.ts'
import { changeFile } from '../../lib/files/change-file.ts'
import { decodeText } from '../../lib/files/text-file.ts'
import { ProblemsError } from '../../lib/problem.ts'
import { describeKeyChange, type RecordKeyActs } from './key-act.ts'
import type { KeyDocument } from './key-entry.ts'

/** Reads a key file for people; null where there is none. Rejects with a ProblemsError. */
export async function readKeyFile(file: string, known: KnownServices): Promise<KeyFile | null> {
  const text = await readKeyText(file)
  return text === null ? null : refuseBroken(parseKeyFile(text, file, known))
}

/**
 * Changes `keys.json` under its lock. `record` is told before anything is written, and what it cannot
 * record is not done. Never writes a file that the service would refuse, nor over
 * one that it refuses now: what a person wrote there by hand may be all that there is.
 */
export async function changeKeys<T>(
  file: string,
  known: KnownServices,
  edit: (document: KeyDocument) => T,
  record?: RecordKeyActs,
): Promise<T> {
  const change = (before: string | null) => {
    const document = toDocument(before, { file, known })
    const old = record === undefined ? document : structuredClone(document)
    const result = edit(document)
    const text = `${JSON.stringify(document, null, 2)}\n`
    refuseBroken(parseKeyFile(text, file, known))
    const acts = describeKeyChange(old, document)
    const keys = acts.map(({ key }) => key)
    return {
      ...{ result, text },
      record: async () => await record?.(acts),
      recordUnwritten: async () => await record?.([{ event: 'keys.unwritten', keys }]),
    }
  }
  return (await changeFile(file, change, readKeyText)).result
}

function toDocument(
  text: string | null,
  { file, known }: { file: string; known: KnownServices },
): KeyDocument {
  if (text === null) return { version: 1, keys: {} }
  const { form, keys } = refuseBroken(parseKeyFile(text, file, known))
  if (form === 'version 1') return JSON.parse(text) as KeyDocument
  if (keys.length === 0) return { version: 1, keys: {} }
  const what = 'is a plain map of an older set-up, which is never changed here'
  const remedy = `Rename it, then: npm run keys -- import NEW-NAME.`
  throw new ProblemsError([{ source: file, what, remedy }])
}

function refuseBroken(read: KeyFile): KeyFile {
  if (read.problems.length > 0) throw new ProblemsError(read.problems)
  return read
}

async function readKeyText(file: string): Promise<string | null> {
  try {
    return decodeText(await readFile(file))
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw new ProblemsError([describeUnreadable(file, code, process.getuid?.() ?? null)])
  }
}
