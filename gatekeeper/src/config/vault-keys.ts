/**
 * The private keys of the vault: from the setting, or files of the vault's folder, newest first. Only
 * the gatekeeper reads them. They are random: nothing is stretched from a phrase.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../lib/files/atomic-write.ts'
import { createOwnedFolder } from '../lib/files/create-owned.ts'
import { ProblemsError } from '../lib/problem.ts'
import type { Report } from './read-values.ts'

const form = /^[A-Za-z0-9+/]{43}=$/

/** Returns the 32 bytes of the text; null if it is not their base64. */
function readKey(text: string): Buffer | null {
  const bytes = form.test(text) ? Buffer.from(text, 'base64') : null
  return bytes?.toString('base64') === text ? bytes : null
}

/** Reads the setting: keys with commas between them, newest first. */
export function readVaultRing(name: string, text: string | null, report: Report): Buffer[] {
  if (text === null) return []
  const keys = text.split(',').map((one) => readKey(one.trim()))
  const read = keys.filter((key) => key !== null)
  if (read.length < keys.length) {
    report(
      name,
      'is not a list of keys with 32 bytes each, in base64',
      'Make a key with: openssl rand -base64 32. With several, write the newest first and commas between them.',
    )
  }
  return read
}

/**
 * Returns the keys of the folder, newest first; none if there is no folder. Throws a ProblemsError if
 * a file is not a key: without it rows would be unusable, and nothing would say why.
 */
export function readVaultFolder(folder: string): Buffer[] {
  return listKeyFiles(folder).map((name) => {
    const path = join(folder, name)
    const key = readKey(readKeyText(path))
    if (key !== null) return key
    const what = 'does not contain a vault key: 32 bytes in base64, on one line'
    throw new ProblemsError([{ source: path, what, remedy: 'Restore it from your backup.' }])
  })
}

/** The names begin with an instant, so the newest is the last one. */
function listKeyFiles(folder: string): string[] {
  try {
    const names = readdirSync(folder)
    return names
      .filter((name) => name.endsWith('.key'))
      .sort()
      .reverse()
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw unreadable(folder, code)
  }
}

function readKeyText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw unreadable(path, (error as NodeJS.ErrnoException).code ?? 'unknown')
  }
}

function unreadable(source: string, code: string): ProblemsError {
  const remedy = 'Make it readable for the user that the gatekeeper runs as.'
  return new ProblemsError([{ source, what: `cannot be read (${code})`, remedy }])
}

/** Writes a key (0600) into the folder; resolves with its path. Rejects as `node:fs` does. */
export async function addVaultKey(folder: string, key: Buffer, now: number): Promise<string> {
  createOwnedFolder(folder)
  const path = join(folder, `${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}.key`)
  await writeFileAtomic(path, `${key.toString('base64')}\n`)
  return path
}
