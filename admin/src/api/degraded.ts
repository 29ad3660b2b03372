/** What does not work now, as the running gatekeeper says it. */
import { z } from 'zod'
import type { ApiDeps } from './api-deps.ts'

/** A part that works with an older state than its file, or not at all. */
export type Degraded = { readonly part: string; readonly what: string; readonly remedy: string }

const answer = z.object({
  parts: z.record(z.string(), z.array(z.object({ what: z.string(), remedy: z.string() }))),
})

const listMax = 50

/** Returns what does not work; the gatekeeper itself if it does not answer. Never rejects. */
export async function readDegraded({
  askGatekeeper,
  lateRecords,
}: Pick<ApiDeps, 'askGatekeeper' | 'lateRecords'>): Promise<readonly Degraded[]> {
  const ofGatekeeper = await readParts(askGatekeeper)
  return (await lateRecords.isWaiting()) ? [unrecorded, ...ofGatekeeper] : ofGatekeeper
}

const unrecorded: Degraded = {
  part: 'audit',
  what: 'The audit cannot be written. Acts that take rights away are done and recorded later; others are refused.',
  remedy: 'Free space on its disk; writing is tried again every 10 seconds.',
}

async function readParts(askGatekeeper: ApiDeps['askGatekeeper']): Promise<readonly Degraded[]> {
  try {
    const { document } = await askGatekeeper('/parts')
    const { parts } = answer.parse(document)
    return Object.entries(parts)
      .flatMap(([part, problems]) => problems.map(({ what, remedy }) => ({ part, what, remedy })))
      .slice(0, listMax)
  } catch {
    return [silent]
  }
}

const silent: Degraded = {
  part: 'gatekeeper',
  what: 'The gatekeeper does not answer, so nothing that is shown as running is of now.',
  remedy: 'Start it: npm start. Its log says why it stopped.',
}
