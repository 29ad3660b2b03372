import { readApiKey } from '../../gatekeeper/src/api-keys/api-key.ts'
import type { KeyRecord } from '../../gatekeeper/src/api-keys/key-record.ts'
import { createKeyRing } from '../../gatekeeper/src/api-keys/key-ring.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { hasApiKeyForm, hasTokenForm } from '../../gatekeeper/src/model/credential-form.ts'
import { UsageError, type Words } from '../words/words.ts'
import type { Command, Context } from './command.ts'
import { toJson, toRows } from './describe-key.ts'
import { readCredential, readEveryKey } from './read-credential.ts'
import { formatTable } from './table.ts'

/** Why a key does not work, for the person who holds the file; strangers never learn it. */
const verdicts: Readonly<Record<string, string>> = {
  'malformed-key': 'No: it is no whole key. Form or checksum is wrong: was it copied whole?',
  'unknown-key': 'No: no key file has it. For access tokens there is `explain-token`.',
  'wrong-secret': 'No: the id exists, with another secret. Was the key rotated?',
  'disabled-key': 'No: it is disabled. `enable ID` switches it on.',
  'expired-key': 'No: it has expired. `edit ID --expires 90d` lengthens it.',
}

export const verify: Command = {
  summary: 'read a key from stdin and explain it',
  usage: '[KEY] [< FILE]',
  options: {},
  help: [
    'The key is read from stdin, or asked for without an echo. On the command line it is taken with a',
    'warning: the history of the shell and every user of the machine see it there.',
    'Exit code 1 if it does not work.',
  ],
  run: async (words, context) => {
    const { key, notes } = await readKey(words, context)
    const keys = await readEveryKey(context)
    const result = createKeyRing(keys).authenticate(key, context.clock())
    const id = typeof result === 'string' ? readApiKey(key)?.id : result.id.slice('key:'.length)
    const record = keys.find((other) => other.id === id)
    const reason = typeof result === 'string' ? result : null
    return { ...explain({ key, reason, record }, context), notes }
  },
}

const onCommandLine =
  'the key stood on the command line, where the history of the shell and other users of this ' +
  'machine see it: replace it (npm run keys -- rotate ID), and pass the next one by stdin'

async function readKey(words: Words, context: Context) {
  const [given, ...rest] = words.positionals
  // `Bearer KEY` without quotes is two words.
  const isScheme = rest.length === 1 && /^(?:bearer|token)$/i.test(given ?? '')
  if (rest.length > 0 && !isScheme) throw new UsageError('one key at a time')
  const shown =
    given === undefined ? await readCredential('Key', words, context) : words.positionals.join(' ')
  const key = shown.replace(
    /^(?:(?:authorization|x-api-key|api-key):\s*)?(?:(?:bearer|token)\s+)?/i,
    '',
  )
  const isBare = key === shown || given !== undefined
  return {
    key,
    notes: [
      ...(given === undefined ? [] : [onCommandLine]),
      ...(isBare ? [] : ['what stood before the key is not part of it and was left out']),
    ],
  }
}

type Verdict = {
  readonly key: string
  readonly reason: string | null
  readonly record: KeyRecord | undefined
}

function explain({ key, reason, record }: Verdict, { clock }: Context) {
  const form = formOf(key)
  // Whoever has only the id may not be told that it belongs to somebody.
  const shown = reason === 'wrong-secret' ? undefined : record
  const now = clock()
  const rows = shown === undefined ? [] : ['', ...formatTable(toRows(shown, now))]
  return {
    code: reason === null ? exitCode.ok : exitCode.no,
    json: {
      valid: reason === null,
      reason,
      form,
      checksum: form === 'gatekeeper' ? readApiKey(key) !== null : null,
      key: shown === undefined ? null : toJson(shown, now),
    },
    lines: [
      `form: ${form}`,
      ...(form === 'gatekeeper' ? [`checksum: ${readApiKey(key) ? 'right' : 'wrong'}`] : []),
      reason === null ? 'Yes: this key works.' : (verdicts[reason] ?? `No: ${reason}.`),
      ...rows,
    ],
  }
}

function formOf(key: string): 'gatekeeper' | 'token' | 'plain' {
  if (hasApiKeyForm(key)) return 'gatekeeper'
  return hasTokenForm(key) ? 'token' : 'plain'
}
