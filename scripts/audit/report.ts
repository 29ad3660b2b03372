import { resolve } from 'node:path'
import { writeFileAtomic } from '../../gatekeeper/src/lib/files/atomic-write.ts'
import { makeAuditReport } from '../../gatekeeper/src/operations/audit/report/audit-report.ts'
import { hasFlag, refusePositionals, stringOf } from '../frame/words.ts'
import { type AuditCommand, noteUnreadable, readCount, readTags } from './context.ts'
import { renderReport } from './render-report.ts'

export const report: AuditCommand = {
  summary: 'add up who did what, and what is suspicious',
  usage: '[--hours 24] [--suspicious] [--users] [--output FILE]',
  options: {
    hours: { type: 'string' },
    suspicious: { type: 'boolean' },
    users: { type: 'boolean' },
    output: { type: 'string' },
  },
  help: [
    '--hours N       how far back; 24 if not given',
    '--suspicious    addresses that were refused often or send many requests, bursts, callers with a',
    '                new address, keys that were not used',
    '--users         users and models, with tokens and money from the usage journal',
    '--output FILE   write to a file and not to stdout',
    'Without --suspicious and --users the report has both.',
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const isAll = !hasFlag(words, 'suspicious') && !hasFlag(words, 'users')
    const wanted = {
      hours: readCount(words, 'hours', 24),
      hasSuspicious: isAll || hasFlag(words, 'suspicious'),
      hasUsers: isAll || hasFlag(words, 'users'),
    }
    const deps = { stopped: context.stopped, onUnreadable: noteUnreadable(context) }
    const made = await makeAuditReport(wanted, context, deps)
    const output = stringOf(words, 'output')
    const tags = await readTags(context)
    const lines = renderReport(made, tags)
    if (output === undefined) return { json: made, lines }
    const text = context.isJson ? JSON.stringify(made, null, 2) : lines.join('\n')
    await writeFileAtomic(resolve(context.base, output), `${text}\n`)
    return {}
  },
}
