/** Lines of a chain from the newest to the oldest, from any place, in blocks. */
import { type FileHandle, open } from 'node:fs/promises'
import { listSegments, type Segment } from '../../audit/segments.ts'

/** Before which byte of which file the next line ends. */
export type ChainPlaceBefore = { readonly segment: number; readonly byte: number }

export type PlacedLine = {
  readonly text: string
  /** The place of what comes before this line. */
  readonly before: ChainPlaceBefore
}

/** A part of a file that was read; lines in it are the newest first. */
export type LineBlock = {
  readonly lines: readonly PlacedLine[]
  /** How its oldest line begins. */
  readonly oldest: string
  /** The place of what comes before the block. */
  readonly before: ChainPlaceBefore
  /** Where the block ends. */
  readonly end: ChainPlaceBefore
  /** How much was read, without what is passed over because it is too new: 16 MB at most. */
  readonly bytes: number
}

type Question = {
  readonly folder: string
  readonly chain: string
  /** Null begins with the newest line. */
  readonly from: ChainPlaceBefore | null
  /** Returns whether a block may have wanted lines; others are not taken apart. */
  readonly isMaybe: (block: Buffer) => boolean
  /** Returns whether a file whose first line this is has no wanted lines. */
  readonly isTooNew: (firstLine: string) => boolean
}

const blockBytes = 1024 * 1024
/** Enough for number and time. */
const oldestBytes = 100
const lineBreak = 0x0a

/** Yields the blocks; ends with the oldest. Rejects as `node:fs` does. */
export async function* readBackwards(question: Question): AsyncGenerator<LineBlock> {
  const { folder, chain, from } = question
  // Lines are texts of their own, so that one block is in memory at a time.
  const room = Buffer.allocUnsafe(blockBytes)
  for (const segment of listSegments(folder, chain).toReversed()) {
    if (from !== null && segment.number > from.segment) continue
    const end = from !== null && segment.number === from.segment ? from.byte : null
    yield* readSegment(segment, end, { ...question, room })
  }
}

async function* readSegment(
  { number, path }: Segment,
  endByte: number | null,
  { isMaybe, isTooNew, room }: Question & { readonly room: Buffer },
): AsyncGenerator<LineBlock> {
  const file = await openIfThere(path)
  if (file === null) return
  try {
    const { size } = await file.stat()
    let end = endByte === null ? size : Math.min(endByte, size)
    const at = (byte: number) => ({ segment: number, byte })
    const firstLine = await readFirstLine(file)
    if (isTooNew(firstLine)) {
      return yield { lines: [], oldest: firstLine, before: at(0), end: at(end), bytes: 0 }
    }
    while (end > 0) {
      const { bytes, start } = await readWholeLines(file, end, room)
      const oldest = bytes.toString('latin1', 0, oldestBytes)
      const isPassed = isTooNew(oldest)
      const lines = !isPassed && isMaybe(bytes) ? linesIn(bytes, at(start)) : []
      const read = isPassed ? 0 : bytes.length
      yield { lines, oldest, before: at(start), end: at(end), bytes: read }
      end = start
    }
  } finally {
    await file.close()
  }
}

/** Reads a block that ends at `end` and begins with a line. A longer line makes it longer. */
async function readWholeLines(file: FileHandle, end: number, room: Buffer) {
  for (let length = Math.min(end, blockBytes); ; length = Math.min(end, length * 2)) {
    const begin = end - length
    const target = length <= room.length ? room : Buffer.allocUnsafe(length)
    const { bytesRead } = await file.read(target, 0, length, begin)
    const bytes = target.subarray(0, bytesRead)
    if (begin === 0) return { bytes, start: 0 }
    const first = bytes.indexOf(lineBreak) + 1
    if (first > 0 && first < bytes.length)
      return { bytes: bytes.subarray(first), start: begin + first }
  }
}

function linesIn(bytes: Buffer, { segment, byte: start }: ChainPlaceBefore): PlacedLine[] {
  const lines: PlacedLine[] = []
  // What follows the last line break is still being written.
  let end = bytes.lastIndexOf(lineBreak)
  while (end >= 0) {
    const begin = end === 0 ? 0 : bytes.lastIndexOf(lineBreak, end - 1) + 1
    const text = bytes.toString('utf8', begin, end)
    lines.push({ text, before: { segment, byte: start + begin } })
    end = begin - 1
  }
  return lines
}

const firstBytes = 16_384

async function readFirstLine(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(firstBytes), 0, firstBytes, 0)
  const [line = ''] = buffer.toString('utf8', 0, bytesRead).split('\n', 1)
  return line
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r')
  } catch (error) {
    // Removed by age meanwhile.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
