import { parseDuration } from '../../gatekeeper/src/lib/duration.ts'
import { UnknownKeyError } from '../../gatekeeper/src/operations/keys/key-writer.ts'
import { readEveryKey } from '../../gatekeeper/src/operations/keys/read-keys.ts'
import {
  findSubjects,
  makeToken,
  ttlSecondsMax,
  type WantedToken,
} from '../../gatekeeper/src/operations/tokens/make-token.ts'
import { listOf, stringOf, UsageError, type Words } from '../frame/words.ts'
import type { Context, KeyCommand } from './context.ts'
import { refuseCredential } from './find-key.ts'

export const token: KeyCommand = {
  summary: 'make a short-lived token for curl, from a key or client',
  usage: 'ID [--expires 15m] [--service S] [--model M]',
  options: {
    expires: { type: 'string' },
    service: { type: 'string', multiple: true },
    model: { type: 'string', multiple: true },
    limit: { type: 'string', multiple: true },
    role: { type: 'string' },
  },
  help: [
    'ID           of a key or client; write key:ID or client:ID where both have that name',
    '--expires D  30s to 24h; 15m if not given',
    '--service S, --model M, --limit L, --role R   less than the key has; never more',
    'The token alone goes to stdout: curl -H "Authorization: Bearer $(npm run -s keys -- token ID)"',
    'It ends with its key or client, which is charged for its use. The audit records it.',
  ],
  run: async (words, context) => {
    const wanted = readWanted(words, context)
    const made = await makeToken(await findSubject(words, context), wanted, context)
    if (typeof made === 'string') throw new UsageError(made)
    const note = `a token of ${made.subject} until ${made.expiresAt}; \`revoke-token\` ends it sooner`
    return { json: made, lines: [made.token], notes: [note] }
  },
}

function readWanted(words: Words, { services }: Context): WantedToken {
  const lifetimeMs = parseDuration(stringOf(words, 'expires') ?? '15m')
  if (lifetimeMs === null) throw new UsageError('--expires must be a duration such as 15m')
  const ttlSeconds = Math.round(lifetimeMs / 1000)
  if (ttlSeconds > ttlSecondsMax) {
    throw new UsageError('--expires is 24h at most: make a key instead')
  }
  return {
    ttlSeconds,
    services: listOf(words, 'service').map((name) => services.serviceNameOf(name) ?? name),
    models: listOf(words, 'model'),
    limits: listOf(words, 'limit'),
    role: stringOf(words, 'role') ?? null,
  }
}

async function findSubject(words: Words, context: Context) {
  const [given = '', ...rest] = words.positionals
  const [, kind, name = ''] = /^(key|client):(.+)$/.exec(given) ?? [null, null, given]
  if (name === '' || rest.length > 0) {
    throw new UsageError('name one ID of a key or client; `npm run keys -- list` shows keys')
  }
  refuseCredential(given, await readEveryKey(context))
  const [subject, other] = await findSubjects(name, kind as 'key' | 'client' | null, context)
  if (subject === undefined) {
    const hint = '`npm run keys -- list` and `npm run keys -- client list` show the ids'
    throw new UnknownKeyError(`no active key or client has this id; ${hint}`)
  }
  if (other !== undefined) {
    throw new UsageError('a key and a client have this id: write key:ID or client:ID')
  }
  return subject
}
