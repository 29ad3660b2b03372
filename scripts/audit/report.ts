import { resolve } from 'node:path'
import { loadGateway } from '../../gatekeeper/src/config/load-gateway.ts'
import { writeFileAtomic } from '../../gatekeeper/src/lib/files/atomic-write.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { readText } from '../settings/read-settings-of.ts'
import { refusePositionals, stringOf } from '../words/words.ts'
import { type AuditCommand, readCount } from './command.ts'
import { makeReport } from './report/make-report.ts'
import { renderReport } from './report/render.ts'

export const report: AuditCommand = {
  summary: 'add up who did what, and what is odd',
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
    '--output FILE   write there and not to stdout',
    'Without --suspicious and --users both are there.',
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const isAsked = (name: string) => words.values[name] === true
    const isAll = !isAsked('suspicious') && !isAsked('users')
    const { audit } = loadGateway(context.settings, readText)
    const wanted = {
      hours: readCount(words, 'hours', 24),
      hasSuspicious: isAll || isAsked('suspicious'),
      hasUsers: isAll || isAsked('users'),
      isSampled: audit.allowed !== 'all',
    }
    const made = await makeReport(wanted, context)
    const lines = isAsked('json') ? [JSON.stringify(made, null, 2)] : renderReport(made)
    const output = stringOf(words, 'output')
    if (output === undefined) await context.say(lines)
    else await writeFileAtomic(resolve(context.base, output), `${lines.join('\n')}\n`, 0o600)
    return exitCode.ok
  },
}
