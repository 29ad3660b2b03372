import { readFile } from 'node:fs/promises'
import { parseKeyFile } from '../../api-keys/key-file.ts'
import type { KeyFile } from '../../api-keys/key-record.ts'
import { describeUnreadable } from '../../api-keys/unreadable.ts'
import { decodeText } from '../../lib/files/text-file.ts'
import { ProblemsError } from '../../lib/problem.ts'
import type { KnownServices } from '../../model/known-services.ts'
import { changeDocument } from '../change-document.ts'
import { describeKeyChange, type RecordKeyActs } from './key-act.ts'
import type { KeyDocument } from './key-entry.ts'

/** Reads a key file; null if there is none. Rejects with a ProblemsError. */
export async function readKeyFile(file: string, known: KnownServices): Promise<KeyFile | null> {
  const text = await readKeyText(file)
  return text === null ? null : refuseBroken(parseKeyFile(text, file, known))
}

/** Changes `keys.json`. `record` receives the pending change. */
export async function changeKeys<T>(
  file: string,
  known: KnownServices,
  edit: (document: KeyDocument) => T,
  record?: RecordKeyActs,
): Promise<T> {
  const parse = (text: string | null) => toDocument(text, { file, known })
  const recordActs = (before: string | null, after: KeyDocument) => {
    if (record === undefined) return {}
    const acts = describeKeyChange(readAgain(before), after)
    const keys = acts.map(({ key }) => key)
    return {
      record: () => record(acts),
      recordUnwritten: () => record([{ event: 'keys.unwritten', keys }]),
    }
  }
  return await changeDocument({ path: file, parse, record: recordActs, read: readKeyText }, edit)
}

/** A text that was read before the change, as it was: the document itself has the change by now. */
function readAgain(text: string | null): KeyDocument {
  const document = JSON.parse(text ?? '{}') as Partial<KeyDocument>
  return { version: 1, keys: document.keys ?? {} }
}

function toDocument(
  text: string | null,
  { file, known }: { file: string; known: KnownServices },
): KeyDocument {
  if (text === null) return { version: 1, keys: {} }
  const { form, keys } = refuseBroken(parseKeyFile(text, file, known))
  if (form === 'version 1') return JSON.parse(text) as KeyDocument
  if (keys.length === 0) return { version: 1, keys: {} }
  const what = 'is a plain map of an older set-up, which Gatekeeper never changes'
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
