/** The files of a chain: `NAME-000001.jsonl`, `NAME-000002.jsonl`, …, each with its signed head. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

export type Segment = { readonly number: number; readonly path: string }

/**
 * Returns the segments of a chain, oldest first. Throws as `node:fs` does; a missing folder has no
 * segments.
 */
export function listSegments(folder: string, chain: string): Segment[] {
  return list(folder, new RegExp(`^${chain}-(\\d{6,})\\.jsonl$`))
}

/** Returns the stored heads of a chain, including those of removed segments. */
export function listHeads(folder: string, chain: string): Segment[] {
  return list(folder, new RegExp(`^${chain}-(\\d{6,})\\.head$`))
}

/** Returns the names of the chains in a folder. */
export function listChains(folder: string): string[] {
  const names = readNames(folder).flatMap(
    (name) => /^([a-z]+(?:-\d{1,2})?)-\d{6,}\.(?:jsonl|head)$/.exec(name)?.[1] ?? [],
  )
  return [...new Set(names)].sort()
}

export function segmentPath(folder: string, chain: string, number: number): string {
  return join(folder, `${chain}-${String(number).padStart(6, '0')}.jsonl`)
}

/** Returns the path of a segment's signed head, which is kept longer than the segment. */
export function headPath(segment: string): string {
  return segment.replace(/\.jsonl$/, '.head')
}

function list(folder: string, form: RegExp): Segment[] {
  return readNames(folder)
    .flatMap((name) => {
      const number = form.exec(name)?.[1]
      return number === undefined ? [] : [{ number: Number(number), path: join(folder, name) }]
    })
    .sort((one, other) => one.number - other.number)
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
