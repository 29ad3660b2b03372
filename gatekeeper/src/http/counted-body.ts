import type { BodySource } from '../admission/body-source.ts'

/** Begins the work on a body that has come; what it gives ends it. Null where it is too much. */
export type BeginWork = () => (() => void) | null

/**
 * Counts a body as work from when it has come until it is decided on: not while its client sends
 * it, nor while it waits for the journal, its turn or the upstream, so that none of these is ever
 * taken for overload. Whether there is too much is asked here once more, since the bodies of many
 * heads may come at one time. Whoever reads it calls `onDecided`, however that ends.
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
