import { existsSync, readFileSync } from 'node:fs'
import {
  type AuditRecord,
  type ChainHead,
  emptyHead,
  followChain,
  type LineFault,
} from '../../src/audit/chain.ts'
import { listSegments } from '../../src/audit/segments.ts'
import { parseSubject, replaceRefs, subjectsFile } from '../../src/audit/subject-file.ts'

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

/** Every record of a chain's files, in their order, with names instead of references. */
export function readChainOf(folder: string, chain: string): ChainText {
  const texts = listSegments(folder, chain).map(({ path }) => readFileSync(path, 'utf8'))
  const { records, ...rest } = readChain(texts.join(''))
  const names = readNames(folder)
  const show = (record: AuditRecord) =>
    JSON.parse(
      replaceRefs(JSON.stringify(record), (ref) =>
        JSON.stringify(names.get(ref) ?? ref).slice(1, -1),
      ),
    ) as AuditRecord
  return { ...rest, records: records.map(show) }
}

function readNames(folder: string): ReadonlyMap<string, string> {
  const path = subjectsFile(folder)
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  const subjects = lines.flatMap((line) => parseSubject(line) ?? [])
  return new Map(subjects.map(({ ref, name }) => [ref, name]))
}
