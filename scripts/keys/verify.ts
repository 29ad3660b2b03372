import {
  hasApiKeyForm,
  hasTokenForm,
  readApiKey,
} from '../../gatekeeper/src/credentials/api-key.ts'
import type { KeyRecord } from '../../gatekeeper/src/credentials/key-record.ts'
import { createKeyRing } from '../../gatekeeper/src/credentials/key-ring.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
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
  'expired-key': 'No: it has expired. `rotate` does not lengthen a key; add a new one.',
}

export const verify: Command = {
  summary: 'read a key from stdin and explain it',
  usage: '< FILE',
  options: {},
  help: [
    'The key is read from stdin, or asked for without an echo; never from the command line, where',
    'every user of the machine and the shell history see it. Exit code 1 if it does not work.',
  ],
  run: async (words, context) => {
    const key = await readCredential('Key', words, context)
    const keys = await readEveryKey(context)
    const result = createKeyRing(keys).authenticate(key, context.clock())
    const id = typeof result === 'string' ? readApiKey(key)?.id : result.id.slice('key:'.length)
    const record = keys.find((other) => other.id === id)
    return explain({ key, reason: typeof result === 'string' ? result : null, record }, context)
  },
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
