import { readFileSync } from 'node:fs'
import {
  type AuditRecord,
  type ChainHead,
  emptyHead,
  followChain,
  type LineFault,
} from '../../src/audit/chain.ts'
import { listSegments } from '../../src/audit/segments.ts'

export type ChainText = {
  readonly records: readonly AuditRecord[]
  readonly faults: readonly { readonly line: number; readonly what: LineFault }[]
  readonly head: ChainHead
}

/** Follows the chain through the text of one file. */
export function readChain(text: string, start: ChainHead | null = emptyHead): ChainText {
  const follower = followChain(start)
  const records: AuditRecord[] = []
  const faults: { line: number; what: LineFault }[] = []
  const lines = text.split('\n')
  const rest = lines.pop() ?? ''
  lines.forEach((line, index) => {
    const { record, fault } = follower.take(Buffer.from(line))
    if (fault !== null) faults.push({ line: index + 1, what: fault })
    if (record !== null) records.push(record)
  })
  if (rest !== '') faults.push({ line: lines.length + 1, what: 'torn' })
  return { records, faults, head: follower.head() ?? emptyHead }
}

/** Every record of a chain's files, in their order. */
export function readChainOf(folder: string, chain: string): ChainText {
  const texts = listSegments(folder, chain).map(({ path }) => readFileSync(path, 'utf8'))
  return readChain(texts.join(''))
}
