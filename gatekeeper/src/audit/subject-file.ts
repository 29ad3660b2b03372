/**
 * `subjects.json` beside the chains: which reference stands for which name in the records. One JSON
 * object a line, appended by every process that records; it is not a part of any chain, so a line
 * can be erased and the chains stay whole.
 */
import { randomBytes } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../lib/files/atomic-write.ts'
import { takeProcessLock } from '../lib/files/process-lock.ts'

/** A line of the file. A name may have several references: processes do not wait for each other. */
export type Subject = {
  readonly ref: string
  readonly name: string
  /** The name of the user to whom the name belongs, if it is another one (`ISSUER#SUB`). */
  readonly of?: string
}

export const subjectsFile = (folder: string): string => join(folder, 'subjects.json')

/** Its lock: held while lines are added or erased. */
export const subjectsLock = (folder: string): string => join(folder, 'subjects.lock')

const refForm = /subject:[A-Za-z0-9_-]{16}/g

/** Makes a reference: 96 random bits, so nothing about the name follows from it. */
export function createRef(): string {
  return `subject:${randomBytes(12).toString('base64url')}`
}

/** Replaces each reference in a text, such as a record's line, if `replace` knows it. */
export function replaceRefs(text: string, replace: (ref: string) => string | null): string {
  if (!text.includes('subject:')) return text
  return text.replace(refForm, (ref) => replace(ref) ?? ref)
}

/** Reads a line; null if it is not a subject, as after a crash in the middle of it. */
export function parseSubject(line: string): Subject | null {
  try {
    const { ref, name, of } = JSON.parse(line) as Partial<Subject>
    if (typeof ref !== 'string' || typeof name !== 'string') return null
    return { ref, name, ...(typeof of === 'string' && { of }) }
  } catch {
    return null
  }
}

const blockBytes = 262_144
const lineBreak = 0x0a

/**
 * Calls `take` with each subject from the byte `from` on, in blocks, so that other work goes on in
 * between. Returns the byte after the last whole line. Rejects as `node:fs` does.
 */
export async function readSubjects(
  folder: string,
  from: number,
  take: (subject: Subject) => void,
): Promise<number> {
  const file = await openIfThere(subjectsFile(folder))
  if (file === null) return 0
  try {
    let at = from
    let rest: Buffer = Buffer.alloc(0)
    for (;;) {
      const { bytesRead, buffer } = await file.read(
        Buffer.alloc(blockBytes),
        0,
        blockBytes,
        at + rest.length,
      )
      if (bytesRead === 0) return at
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
      const whole = bytes.lastIndexOf(lineBreak) + 1
      for (const line of bytes.toString('utf8', 0, whole).split('\n')) {
        const subject = parseSubject(line)
        if (subject !== null) take(subject)
      }
      at += whole
      rest = bytes.subarray(whole)
    }
  } finally {
    await file.close()
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Returns the names by reference; none without the file. Rejects as `node:fs` does. */
export async function readSubjectNames(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  await readSubjects(folder, 0, ({ ref, name }) => names.set(ref, name))
  return names
}

/** Returns the subjects of a name, and those of other names of the same user. */
export async function findSubjects(folder: string, name: string): Promise<readonly Subject[]> {
  const subjects: Subject[] = []
  await readSubjects(folder, 0, (subject) => subjects.push(subject))
  const names = namesOf(subjects, name)
  return subjects.filter((subject) => names.has(subject.name))
}

/**
 * Removes these subjects from the file, so that their records name nobody any more. Writers notice
 * the new file. Rejects as `node:fs` does, and with a LockHeldError.
 */
export async function eraseSubjects(folder: string, name: string): Promise<void> {
  const lock = await takeProcessLock(subjectsLock(folder))
  try {
    const subjects: Subject[] = []
    await readSubjects(folder, 0, (subject) => subjects.push(subject))
    const names = namesOf(subjects, name)
    const kept = subjects.filter((subject) => !names.has(subject.name))
    const lines = kept.map((subject) => `${JSON.stringify(subject)}\n`)
    await writeFileAtomic(subjectsFile(folder), lines.join(''))
  } finally {
    lock.release()
  }
}

/** Another name of a user may also have a line that does not say whose it is. */
function namesOf(subjects: readonly Subject[], name: string): ReadonlySet<string> {
  const others = subjects.filter(({ of }) => of === name)
  return new Set([name, ...others.map((subject) => subject.name)])
}
