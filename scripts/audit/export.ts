import { resolve } from 'node:path'
import { writeFileAtomic } from '../../gatekeeper/src/lib/files/atomic-write.ts'
import { signHeads } from '../../gatekeeper/src/operations/audit/sign-heads.ts'
import { refusePositionals, stringOf } from '../frame/words.ts'
import type { AuditCommand } from './context.ts'

export const exportHeads: AuditCommand = {
  summary: 'print signed heads, to be kept off this machine',
  usage: '[--output FILE]',
  options: { output: { type: 'string' } },
  help: [
    '--output FILE   write to a file and not to stdout',
    'The heads say where every chain ends now. Keep them out of reach of users of this machine: with',
    '`verify --against FILE` they show whether a tail was cut, or the whole audit was rewritten.',
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const heads = await signHeads(context)
    const output = stringOf(words, 'output')
    const notes =
      heads.signature === null ? ['there is no signing key: the heads are not signed'] : []
    if (output === undefined) {
      return { json: heads, lines: [JSON.stringify(heads, null, 2)], notes }
    }
    const path = resolve(context.base, output)
    await writeFileAtomic(path, `${JSON.stringify(heads, null, 2)}\n`)
    return { notes }
  },
}
