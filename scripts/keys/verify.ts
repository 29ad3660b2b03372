import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { viewKey } from '../../gatekeeper/src/operations/keys/key-view.ts'
import { type VerifiedKey, verifyKey } from '../../gatekeeper/src/operations/keys/verify-key.ts'
import type { Report } from '../frame/program.ts'
import { formatTable } from '../frame/table.ts'
import { UsageError, type Words } from '../frame/words.ts'
import type { Context, KeyCommand } from './context.ts'
import { toRows } from './describe-key.ts'
import { readMakers } from './makers.ts'
import { readCredential } from './read-credential.ts'

/** Why a key does not work, for the person who holds the file; clients never learn it. */
const verdicts: Readonly<Record<string, string>> = {
  'malformed-key': 'No: it is not a whole key. Form or checksum is wrong: was it copied whole?',
  'unknown-key': 'No: it is in no key file. For access tokens there is `explain-token`.',
  'wrong-secret': 'No: the id exists, with another secret. Was the key rotated?',
  'disabled-key': 'No: it is disabled. `enable ID` enables it again.',
  'unknown-person': 'No: the person who made it is not in people.json any more.',
  'disabled-person':
    'No: the person who made it is disabled. `people -- enable NAME` enables them.',
  'person-without-access': 'No: the person who made it may use no service.',
  'expired-key': 'No: it has expired. `edit ID --expires 90d` extends it.',
}

export const verify: KeyCommand = {
  summary: 'read a key from stdin and explain it',
  usage: '[KEY] [< FILE]',
  options: {},
  help: [
    'The key is read from stdin, or asked for without an echo. On the command line it is accepted with',
    'a warning: the history of the shell and every user of the machine see it there.',
    'Exit code 1 if it does not work.',
  ],
  run: async (words, context) => {
    const { key, notes } = await readKey(words, context)
    const verified = await verifyKey(key, context)
    const maker = (await readMakers(context))(verified.record?.madeBy ?? null)
    return { ...toReport(verified, { now: context.clock(), maker }), notes }
  },
}

const onCommandLine =
  'the key was on the command line, where the history of the shell and other users of this ' +
  'machine see it: replace it (npm run keys -- rotate ID), and pass the next one by stdin'

async function readKey(words: Words, context: Context) {
  const [given, ...rest] = words.positionals
  // `Bearer KEY` without quotes is two words.
  const isScheme = rest.length === 1 && /^(?:bearer|token)$/i.test(given ?? '')
  if (rest.length > 0 && !isScheme) throw new UsageError('one key at a time')
  const shown =
    given === undefined ? await readCredential('Key', words, context) : words.positionals.join(' ')
  const scheme = /^(?:(?:authorization|x-api-key|api-key):\s*)?(?:(?:bearer|token)\s+)?/i
  const key = shown.replace(scheme, '')
  const isBare = key === shown || given !== undefined
  const notes = [
    ...(given === undefined ? [] : [onCommandLine]),
    ...(isBare ? [] : ['the text before the key is not part of it and was left out']),
  ]
  return { key, notes }
}

function toReport(
  { form, hasGoodChecksum, reason, record }: VerifiedKey,
  about: { readonly now: number; readonly maker: string },
): Report {
  const rows = record === null ? [] : ['', ...formatTable(toRows(record, about))]
  const key = record === null ? null : viewKey(record, about.now)
  return {
    code: reason === null ? exitCode.ok : exitCode.no,
    json: { valid: reason === null, reason, form, checksum: hasGoodChecksum, key },
    lines: [
      `form: ${form}`,
      ...(hasGoodChecksum === null ? [] : [`checksum: ${hasGoodChecksum ? 'right' : 'wrong'}`]),
      reason === null ? 'Yes: this key works.' : (verdicts[reason] ?? `No: ${reason}.`),
      ...rows,
    ],
  }
}
