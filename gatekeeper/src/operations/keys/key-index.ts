/**
 * The keys of `keys.json` in memory, for a process that shows them again and again: reading a file of
 * 100,000 keys takes a second, and a list must not. Follows the file; the last good keys stay while
 * it is broken.
 */
import { setImmediate } from 'node:timers/promises'
import { parseInSteps } from '../../api-keys/key-file.ts'
import type { KeyRecord } from '../../api-keys/key-record.ts'
import { describeUnreadable } from '../../api-keys/unreadable.ts'
import { type FollowedFile, followFile } from '../../lib/files/follow-file.ts'
import { ProblemsError } from '../../lib/problem.ts'
import type { Timers } from '../../lib/timers.ts'
import type { KnownServices } from '../../model/known-services.ts'
import type { Installation } from '../installation.ts'

/** A key as the file has it. */
export type StoredKey = KeyRecord

/** The keys of one state of the file. */
export type KeySnapshot = {
  readonly keys: readonly KeyRecord[]
  readonly find: (id: string) => KeyRecord | null
}

export type KeyIndex = {
  /** Returns the keys in force. Rejects with a ProblemsError if the file was never good. */
  readonly now: () => Promise<KeySnapshot>
  /** Reads the file now: after a change of our own, so that the next list has it. */
  readonly reload: () => Promise<void>
  readonly close: () => void
}

/** The file is read when the keys are first asked for. */
export function createKeyIndex(
  { file, services }: Pick<Installation, 'file' | 'services'>,
  timers?: Timers,
): KeyIndex {
  let opening: Promise<FollowedFile<KeySnapshot>> | null = null
  let isClosed = false
  const open = async () => {
    opening ??= followKeys(file, services, timers)
    try {
      const followed = await opening
      if (isClosed) followed.close()
      return followed
    } catch (error) {
      // A file that was broken at the first look is looked at again.
      opening = null
      throw error
    }
  }
  return {
    now: async () => (await open()).current(),
    reload: async () => await (await open()).reload(),
    close: () => {
      isClosed = true
      opening?.then((followed) => followed.close()).catch(() => {})
    },
  }
}

async function followKeys(
  path: string,
  known: KnownServices,
  timers: Timers | undefined,
): Promise<FollowedFile<KeySnapshot>> {
  return await followFile<KeySnapshot>({
    path,
    interpret: async (text) => createSnapshot(await readBetweenCalls(text, path, known)),
    absent: () => createSnapshot([]),
    unreadable: (code) => describeUnreadable(path, code, process.getuid?.() ?? null),
    timers,
  })
}

async function readBetweenCalls(
  text: string,
  path: string,
  known: KnownServices,
): Promise<readonly KeyRecord[]> {
  const steps = parseInSteps(text, path, known)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) {
      if (value.problems.length > 0) throw new ProblemsError(value.problems)
      return value.keys
    }
    await setImmediate()
  }
}

function createSnapshot(keys: readonly KeyRecord[]): KeySnapshot {
  const byId = new Map(keys.map((key) => [key.id, key]))
  return { keys, find: (id) => byId.get(id) ?? null }
}
