import type { BodySource } from '../admission/body-source.ts'

/** Starts to count a body as work and returns what ends that; null if there is too much. */
export type BeginWork = () => (() => void) | null

/**
 * Counts a body as work between its arrival and the decision. The time in which the client sends
 * it, or in which it waits for the journal, the queue or the upstream, does not count, so that none
 * of these is mistaken for overload. The overload check is repeated here, because the bodies of
 * many requests may arrive at once. The reader of the body must call `onDecided` in every case.
 */
export function countBody(source: BodySource, beginWork: BeginWork): BodySource {
  let end: (() => void) | null = null
  return {
    ...source,
    read: async (bytesMax, holder) => {
      const read = await source.read(bytesMax, holder)
      if (typeof read === 'string') return read
      end = beginWork()
      return end === null ? 'overloaded' : read
    },
    onDecided: () => end?.(),
  }
}
