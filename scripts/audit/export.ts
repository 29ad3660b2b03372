import { resolve } from 'node:path'
import { writeFileAtomic } from '../../gatekeeper/src/lib/files/atomic-write.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { signStatement } from '../../gatekeeper/src/oauth/statement.ts'
import { readHeads } from '../../gatekeeper/src/operations/audit/read-heads.ts'
import { refusePositionals, stringOf } from '../words/words.ts'
import type { AuditCommand } from './command.ts'
import { withSigningKeys } from './own-keys.ts'

export const exportHeads: AuditCommand = {
  summary: 'give signed heads, to be kept off this machine',
  usage: '[--output FILE]',
  options: { output: { type: 'string' } },
  help: [
    '--output FILE   write there and not to stdout',
    'The heads say where every chain stands now. Keep them where nobody who can write here can:',
    'with `verify --against FILE` they show whether a tail was cut, or all of it written anew.',
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const at = formatInstant(context.clock())
    const statement = { version: 1, at, heads: readHeads(context.folder) }
    const signature = await withSigningKeys(context, async (keys) => {
      const signer = keys.signer()
      return signer === null ? null : await signStatement(statement, signer)
    })
    if (signature === null) context.note('there is no signing key: the heads are not signed')
    const text = JSON.stringify({ ...statement, signature }, null, 2)
    const output = stringOf(words, 'output')
    if (output === undefined) await context.say([text])
    else await writeFileAtomic(resolve(context.base, output), `${text}\n`, 0o600)
    return exitCode.ok
  },
}
