/**
 * The current file of a chain. Batches are written completely or not at all: a partial one is
 * removed again.
 */
import { closeSync, fdatasync, fstatSync, ftruncateSync, openSync, readSync, write } from 'node:fs'
import { promisify } from 'node:util'
import { createOwnedFile } from '../lib/files/create-owned.ts'
import { readRecord } from './chain.ts'
import { type ChainTail, readTail } from './chain-tail.ts'
import type { Segment } from './segments.ts'

const writeSome = promisify(write)
const sync = promisify(fdatasync)

/** Another program removed or shortened the current file. */
export class AlteredError extends Error {
  override readonly name = 'AlteredError'
}

export class SegmentFile {
  readonly segment: Segment
  readonly #file: number
  #bytes: number
  #isTorn = false

  /** Opens or creates the file. Throws as `node:fs` does. */
  constructor(segment: Segment) {
    createOwnedFile(segment.path)
    this.segment = segment
    this.#file = openSync(segment.path, 'r+')
    this.#bytes = fstatSync(this.#file).size
  }

  get bytes(): number {
    return this.#bytes
  }

  /**
   * Returns the end of the file. A torn line is not counted, and is cut off before the next batch.
   */
  readTail(): ChainTail {
    const tail = readTail(this.#file)
    this.#bytes = tail.wholeBytes
    this.#isTorn = tail.tornBytes > 0
    return tail
  }

  /** Returns the instant of its first record; null if there is no readable one. */
  begunAt(): number | null {
    const bytes = Buffer.alloc(16_384)
    const text = bytes.toString('utf8', 0, readSync(this.#file, bytes, 0, bytes.length, 0))
    const record = readRecord(text.slice(0, Math.max(0, text.indexOf('\n'))))
    return typeof record === 'string' ? null : Date.parse(record.at)
  }

  /**
   * Returns whether others have written to it since; throws an AlteredError if lines of ours are
   * missing.
   */
  hasGrown(): boolean {
    const { nlink, size } = fstatSync(this.#file)
    if (nlink === 0) throw new AlteredError('the file was removed')
    if (size < this.#bytes) throw new AlteredError('the file was shortened')
    return size > this.#bytes && !this.#isTorn
  }

  /** Appends all of it or nothing. Rejects as `node:fs` does. */
  async append(bytes: Buffer, isSynced: boolean): Promise<void> {
    if (this.#isTorn) this.#cut()
    try {
      for (let at = 0; at < bytes.length; ) {
        const rest = bytes.length - at
        at += (await writeSome(this.#file, bytes, at, rest, this.#bytes + at)).bytesWritten
      }
      if (isSynced) await sync(this.#file)
      this.#bytes += bytes.length
    } catch (error) {
      this.#isTorn = true
      this.#tryCut()
      throw error
    }
  }

  async sync(): Promise<void> {
    await sync(this.#file)
  }

  close(): void {
    closeSync(this.#file)
  }

  #cut(): void {
    ftruncateSync(this.#file, this.#bytes)
    this.#isTorn = false
  }

  #tryCut(): void {
    try {
      this.#cut()
    } catch {
      // It stays torn, and nothing is appended before that is cut off.
    }
  }
}
