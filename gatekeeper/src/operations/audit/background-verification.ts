/**
 * Verifies the chains beside the answers of a process: a gigabyte takes some ten seconds. What was
 * found stays until the files have changed, and for a while afterwards.
 */
import { statSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { listChains, listHeads, listSegments } from '../../audit/segments.ts'
import type { Installation } from '../installation.ts'
import type { VerifiedChain } from './verify-chain.ts'

export type BackgroundVerification = {
  /** Returns the last result at once, and begins a verification where one is due. */
  readonly look: () => {
    /** Null before the first one has ended. */
    readonly verified: readonly VerifiedChain[] | null
    readonly verifiedAt: number | null
    readonly isRunning: boolean
  }
}

const againAfterMs = 60_000
/** Of the time at most a twentieth is spent on it. */
const restFactor = 20

const opened = new WeakMap<object, BackgroundVerification>()

/** Returns the verification of an installation: the same one for every caller. */
export function verificationOf(
  installation: Pick<Installation, 'auditFolder' | 'clock'>,
): BackgroundVerification {
  const known = opened.get(installation) ?? createVerification(installation)
  opened.set(installation, known)
  return known
}

function createVerification({
  auditFolder,
  clock,
}: Pick<Installation, 'auditFolder' | 'clock'>): BackgroundVerification {
  let [verified, verifiedAt]: [readonly VerifiedChain[] | null, number | null] = [null, null]
  let [isRunning, mark, dueAt] = [false, '', 0]
  const run = async (now: number, seen: string) => {
    isRunning = true
    const beganAt = clock()
    try {
      await nextTurn()
      // With the first one: the readers of signatures take 2 MB.
      const { verifyWithActs } = await import('./verify-with-acts.ts')
      verified = await verifyWithActs(auditFolder)
      mark = seen
      verifiedAt = now
    } catch {
      // Such as a file that was removed by age meanwhile: the next look tries again.
    } finally {
      isRunning = false
      dueAt = clock() + Math.max(againAfterMs, restFactor * (clock() - beganAt))
    }
  }
  return {
    look: () => {
      const now = clock()
      if (!isRunning && (now >= dueAt || verified === null)) {
        const seen = sizesOf(auditFolder)
        if (seen !== mark || verified === null) void run(now, seen)
      }
      return { verified, verifiedAt, isRunning }
    },
  }
}

/** Changes with each record and each file. */
function sizesOf(folder: string): string {
  const files = listChains(folder).flatMap((chain) => [
    ...listSegments(folder, chain),
    ...listHeads(folder, chain),
  ])
  return files
    .map(({ path }) => {
      const found = statSync(path, { throwIfNoEntry: false })
      return `${path} ${found?.ino} ${found?.size} ${found?.mtimeMs}`
    })
    .join('\n')
}
