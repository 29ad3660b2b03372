import { statSync } from 'node:fs'
import { readRecord } from '../../audit/chain.ts'
import { listChains, listSegments, type Segment } from '../../audit/segments.ts'
import { readLines } from './read-lines.ts'
import { createNamer, type FoundRecord } from './read-records.ts'

export type RecordFollower = {
  /** Returns the records since the last call, chain after chain. Rejects as `node:fs` does. */
  readonly next: () => Promise<readonly FoundRecord[]>
}

type Place = { number: number; bytes: number }

/** Follows every chain of a folder from its end on, across new files and new chains. */
export function followRecords(folder: string): RecordFollower {
  const places = new Map<string, Place>()
  for (const chain of listChains(folder)) {
    const last = listSegments(folder, chain).at(-1)
    if (last !== undefined) places.set(chain, { number: last.number, bytes: sizeOf(last) })
  }
  return {
    next: async () => {
      const found: FoundRecord[] = []
      let namer: ReturnType<typeof createNamer> | null = null
      const openNamer = () => {
        namer ??= createNamer(folder)
        return namer
      }
      for (const chain of listChains(folder)) {
        const place = places.get(chain) ?? { number: 0, bytes: 0 }
        places.set(chain, place)
        const segments = listSegments(folder, chain)
        for (const segment of segments) {
          found.push(...(await readNew({ chain, segment }, place, openNamer)))
        }
      }
      return found
    },
  }
}

async function readNew(
  { chain, segment }: { readonly chain: string; readonly segment: Segment },
  place: Place,
  openNamer: () => ReturnType<typeof createNamer>,
): Promise<FoundRecord[]> {
  if (segment.number < place.number) return []
  if (segment.number > place.number) Object.assign(place, { number: segment.number, bytes: 0 })
  if (sizeOf(segment) <= place.bytes) return []
  const found: FoundRecord[] = []
  const show = await openNamer()
  for await (const lines of readLines(segment.path, place.bytes)) {
    for (const { bytes, isWhole } of lines) {
      // An incomplete line is still being written: the next call reads it.
      if (!isWhole) continue
      place.bytes += bytes.length + 1
      const line = show(bytes.toString('utf8'))
      const record = readRecord(line)
      if (typeof record !== 'string') found.push({ chain, record, line })
    }
  }
  return found
}

function sizeOf({ path }: Segment): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
