import { resolve } from 'node:path'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { verifyAudit } from '../../gatekeeper/src/operations/audit/verify-audit.ts'
import type { VerifiedChain } from '../../gatekeeper/src/operations/audit/verify-chain.ts'
import { refusePositionals, stringOf } from '../frame/words.ts'
import type { AuditCommand } from './context.ts'

export const verify: AuditCommand = {
  summary: 'look for lines that were changed, removed or moved',
  usage: '[--against HEADS] [--keys JWKS]',
  options: { against: { type: 'string' }, keys: { type: 'string' } },
  help: [
    '--against FILE  heads that `export` printed before: only they show a tail that was cut',
    '--keys FILE     our published keys as you kept them elsewhere; else those of this machine',
    'Exit code 1 if anything is wrong; each fault is listed with its file and line.',
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const pathOf = (name: string) => {
      const file = stringOf(words, name)
      return file === undefined ? null : resolve(context.base, file)
    }
    const kept = { headsFile: pathOf('against'), keysFile: pathOf('keys') }
    const chains = await verifyAudit(kept, context)
    const isWhole = chains.every(({ faults }) => faults.length === 0)
    const nothing = `Nothing is recorded in ${context.auditFolder} yet.`
    return {
      code: isWhole ? exitCode.ok : exitCode.no,
      json: { isWhole, chains },
      lines: chains.length === 0 ? [nothing] : chains.flatMap(describe),
    }
  },
}

function describe({ chain, files, records, head, faults, notes }: VerifiedChain): string[] {
  const verdict = faults.length === 0 ? 'whole' : `BROKEN in ${count(faults.length, 'place')}`
  return [
    `${chain}: ${verdict}: ${count(records, 'record')} in ${count(files, 'file')}, the last is ${head.sequence} (${head.hash.slice(0, 16)}…)`,
    ...faults.map(({ file, line, what }) => `  ${file}${line === null ? '' : `:${line}`}: ${what}`),
    ...notes.map((note) => `  note: ${note}`),
  ]
}

function count(value: number, word: string): string {
  return `${value.toLocaleString('en-US')} ${word}${value === 1 ? '' : 's'}`
}
