/**
 * Finds changes of a chain after it was written: in lines, files and heads. A missing end is only
 * visible beside a head that was exported before.
 */
import { type ChainHead, emptyHead, followChain, type ReadLine } from '../../audit/chain.ts'
import { listHeads, listSegments, type Segment, segmentPath } from '../../audit/segments.ts'
import { type KeptHead, readKeptHead } from '../../audit/signed-head.ts'
import type { ChainPlace } from './chain-place.ts'
import { type RawLine, readLines } from './read-lines.ts'

/** A fault and its place; `line` is null if it concerns the whole file. */
export type AuditFault = {
  readonly file: string
  readonly line: number | null
  readonly what: string
}

export type VerifiedChain = {
  readonly chain: string
  readonly files: number
  readonly records: number
  /** Number of the first existing record; 0 if there is none. */
  readonly first: number
  readonly head: ChainHead
  readonly faults: readonly AuditFault[]
  /** Notes that are not faults: what was removed by age, what is not signed. */
  readonly notes: readonly string[]
}

/** A signed statement and its key. */
export type Statement = {
  readonly kid: string
  readonly statement: Readonly<Record<string, unknown>>
}

export type VerifyDeps = {
  readonly folder: string
  /** Reads a signed statement; null if its signature is not valid. */
  readonly readStatement: (jws: string) => Promise<Statement | null>
  readonly isOwnKey: (kid: string) => boolean
  /** Heads that were exported before. */
  readonly exported: readonly ChainPlace[]
}

/** Reads the whole chain. Rejects as `node:fs` does. */
export async function verifyChain(chain: string, deps: VerifyDeps): Promise<VerifiedChain> {
  const verification = new Verification(chain, deps)
  await verification.run()
  return verification.result()
}

class Verification {
  readonly #chain: string
  readonly #deps: VerifyDeps
  readonly #faults: AuditFault[] = []
  readonly #notes: string[] = []
  readonly #exported: readonly ChainPlace[]
  #files = 0
  #records = 0
  #first = 0
  #head: ChainHead | null = null

  constructor(chain: string, deps: VerifyDeps) {
    this.#chain = chain
    this.#deps = deps
    this.#exported = deps.exported.filter((place) => place.chain === chain)
  }

  result(): VerifiedChain {
    return {
      ...{ chain: this.#chain, files: this.#files, records: this.#records, first: this.#first },
      ...{ head: this.#head ?? emptyHead, faults: this.#faults, notes: this.#notes },
    }
  }

  async run(): Promise<void> {
    const { folder } = this.#deps
    const segments = listSegments(folder, this.#chain)
    this.#files = segments.length
    let before = 0
    for (const segment of segments) {
      this.#begin(segment, before)
      await this.#follow(segment, segment === segments.at(-1))
      if (segment !== segments.at(-1)) await this.#compareHead(segment)
      before = segment.number
    }
    const lastHead = listHeads(folder, this.#chain).at(-1)
    if (lastHead !== undefined && lastHead.number >= before + 1) {
      this.#blame(lastHead.path, null, 'its file, or the records after it, are missing')
    }
    this.#compareEnd()
  }

  #blame(file: string, line: number | null, what: string): void {
    this.#faults.push({ file, line, what })
  }

  /** Checks the state before the first line of a file. */
  #begin({ number, path }: Segment, before: number): void {
    if (number === before + 1) {
      if (number === 1) this.#head = emptyHead
      return
    }
    const kept = this.#keptHead(number - 1)
    this.#head = kept
    if (before > 0) {
      this.#blame(path, null, nameFiles(before + 1, number - 1))
    } else if (kept === null) {
      this.#blame(path, null, 'the records before it are missing, and so is their signed head')
    } else {
      this.#notes.push(`records 1 to ${kept.sequence} were removed by age or size`)
    }
  }

  #keptHead(number: number): KeptHead | null {
    return readKeptHead(segmentPath(this.#deps.folder, this.#chain, number))
  }

  async #follow({ path }: Segment, isLast: boolean): Promise<void> {
    const follower = followChain(this.#head)
    for await (const lines of readLines(path)) {
      for (const line of lines) {
        if (!line.isWhole) {
          this.#blame(path, line.number, describeTorn(isLast))
          continue
        }
        const before = follower.head()
        this.#look(path, line, { read: follower.take(line.bytes), before })
        this.#head = follower.head()
        this.#compareExported(path, line.number)
      }
    }
  }

  #look(
    path: string,
    { number }: RawLine,
    { read, before }: { read: ReadLine; before: ChainHead | null },
  ): void {
    const { record, fault } = read
    if (record === null) return this.#blame(path, number, 'is not a valid record')
    this.#records++
    if (this.#first === 0) this.#first = record.sequence
    if (fault !== null && before !== null) {
      this.#blameLink(path, number, { before, sequence: record.sequence })
    }
  }

  /** A chain that was completely rewritten is consistent, but differs from the exported head. */
  #compareExported(path: string, line: number): void {
    const head = this.#head
    const exported = this.#exported.find(({ sequence }) => sequence === head?.sequence)
    if (exported !== undefined && exported.hash !== head?.hash) {
      this.#blame(path, line, 'differs from the record at the time its head was exported')
    }
  }

  /** Returns whether the previous line was changed, lines are missing, or this one was moved. */
  #blameLink(
    path: string,
    line: number,
    { before, sequence }: { before: ChainHead; sequence: number },
  ): void {
    const expected = before.sequence + 1
    if (sequence === expected) {
      const isFirst = line === 1
      const what = isFirst
        ? 'does not follow the last record of the previous file: one of the two was changed'
        : 'was changed after it was written'
      return this.#blame(path, isFirst ? 1 : line - 1, what)
    }
    const what =
      sequence > expected
        ? `${nameRecords(expected, sequence - 1)} missing before this line`
        : `record ${sequence} comes after record ${before.sequence}: lines were moved or repeated`
    this.#blame(path, line, what)
  }

  /** Compares with the head that was signed when the file was full. */
  async #compareHead(segment: Segment): Promise<void> {
    const path = segment.path.replace(/\.jsonl$/, '.head')
    const kept = this.#keptHead(segment.number)
    if (kept === null) return this.#blame(path, null, 'the signed head is missing or not valid')
    const now = this.#head ?? emptyHead
    if (kept.sequence !== now.sequence || kept.hash !== now.hash) {
      const end = `the file ends with record ${now.sequence}`
      const what = `${end}, but its signed head ends with record ${kept.sequence}`
      this.#blame(segment.path, null, what)
    }
    await this.#compareSignature(path, kept)
  }

  async #compareSignature(path: string, kept: KeptHead): Promise<void> {
    if (kept.signature === null) {
      this.#notes.push(`${path} is not signed: there was no signing key`)
      return
    }
    const read = await this.#deps.readStatement(kept.signature)
    const { signature: _, ...said } = kept
    if (read === null || !isSame(read.statement, said)) {
      return this.#blame(path, null, 'the signature does not match this head')
    }
    if (!this.#deps.isOwnKey(read.kid)) {
      this.#blame(path, null, `is signed by an unknown key (${read.kid})`)
    }
  }

  /** Existing lines cannot show a missing end: only an exported head can. */
  #compareEnd(): void {
    const { folder } = this.#deps
    const newest = listSegments(folder, this.#chain).at(-1)?.path ?? folder
    const last = this.#head?.sequence ?? 0
    for (const { sequence } of this.#exported) {
      if (sequence <= last) continue
      const what = `the end is missing: the last record is ${last}, but it was ${sequence} at the time its head was exported`
      this.#blame(newest, null, what)
    }
  }
}

function describeTorn(isLast: boolean): string {
  return isLast
    ? 'is incomplete, as after a crash; the gatekeeper repairs it at its next write'
    : 'is incomplete'
}

function nameFiles(from: number, to: number): string {
  return from === to
    ? `file ${from} before it is missing`
    : `files ${from} to ${to} before it are missing`
}

function nameRecords(from: number, to: number): string {
  return from === to ? `record ${from} is` : `records ${from} to ${to} are`
}

function isSame(one: Readonly<Record<string, unknown>>, other: object): boolean {
  const entries = Object.entries(other)
  return (
    Object.keys(one).length === entries.length &&
    entries.every(([name, value]) => one[name] === value)
  )
}
