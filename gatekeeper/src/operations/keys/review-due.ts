import { loadGateway } from '../../config/load-gateway.ts'
import { readTextFile } from '../../lib/files/text-file.ts'
import type { Installation } from '../installation.ts'
import type { Rights } from './rights.ts'

export type ReviewDue = {
  /** `reviewEvery` of gatekeeper.yaml. */
  readonly everyDays: number
  /** When the next review is due; null while there are no keys. */
  readonly dueAt: number | null
}

const dayMs = 86_400_000

/** Returns when the next review is due: before the first one, the time counts from the oldest key. */
export function readReviewDue(
  { keys, lastReview }: Rights,
  { settings }: Pick<Installation, 'settings'>,
): ReviewDue {
  const { reviewEveryMs } = loadGateway(settings, readTextFile)
  const everyDays = Math.floor(reviewEveryMs / dayMs)
  if (lastReview !== null) return { everyDays, dueAt: Date.parse(lastReview.at) + reviewEveryMs }
  if (keys.length === 0) return { everyDays, dueAt: null }
  const oldest = keys.reduce((at, { createdAt }) => Math.min(at, createdAt ?? 0), Number.MAX_VALUE)
  return { everyDays, dueAt: oldest + reviewEveryMs }
}
