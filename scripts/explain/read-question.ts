import { isIP } from 'node:net'
import type { ExplainCaller } from '../../gatekeeper/src/model/explanation.ts'
import { hasFlag, showWord, stringOf, UsageError, type Words } from '../frame/words.ts'
import { refuseCredential } from '../keys/find-key.ts'

export type Wanted = {
  readonly method: string
  readonly target: string
  readonly model: string | null
  readonly endpoint: string | null
  readonly from: string
  readonly origin: string | null
  readonly host: string | null
  readonly caller: Exclude<ExplainCaller, { kind: 'credential' }> | TokenFile
  readonly isLive: boolean
}

/** A credential is never a word of a command line, which other users of the machine can read. */
type TokenFile = { readonly kind: 'file'; readonly path: string }

export const explainOptions = {
  key: { type: 'string' },
  client: { type: 'string' },
  token: { type: 'string' },
  anonymous: { type: 'boolean', default: false },
  model: { type: 'string' },
  endpoint: { type: 'string' },
  from: { type: 'string', default: '127.0.0.1' },
  origin: { type: 'string' },
  host: { type: 'string' },
  live: { type: 'boolean', default: false },
} as const

/** Reads the question. Throws a UsageError that lists everything that is wrong. */
export function readQuestion(words: Words): Wanted {
  const [method = '', asked = ''] = words.positionals
  const { host, target } = splitAddress(asked)
  const from = stringOf(words, 'from') ?? ''
  const key = stringOf(words, 'key')
  const wrong = findFaults(words, { method, target, from, host })
  const client = stringOf(words, 'client')
  for (const id of [key, client]) if (id !== undefined) refuseCredential(id, [])
  if (wrong.length > 0) throw new UsageError(wrong.join('\n'))
  return {
    method: method.toUpperCase(),
    target,
    from,
    model: stringOf(words, 'model') ?? null,
    endpoint: stringOf(words, 'endpoint') ?? null,
    origin: stringOf(words, 'origin') ?? null,
    host: stringOf(words, 'host') ?? host,
    caller: callerOf(words),
    isLive: hasFlag(words, 'live'),
  }
}

type Asked = Pick<Wanted, 'method' | 'target' | 'from' | 'host'>

function findFaults(words: Words, { method, target, from, host }: Asked): string[] {
  const who = ['key', 'client', 'token', 'anonymous'].filter(
    (name) => words.values[name] || undefined,
  )
  const isHostTwice = host !== null && stringOf(words, 'host') !== undefined
  const path = 'the path must begin with /, such as /ollama/api/tags, or with https://HOST/'
  const address = `--from: ${showWord(from)} is not an address; write one such as 192.168.1.20`
  const rules: readonly (readonly [boolean, string])[] = [
    [words.positionals.length === 2, 'write METHOD and PATH, such as GET /ollama/api/tags'],
    [/^[A-Za-z]{0,20}$/.test(method), 'the method must be a word of letters, such as GET'],
    [/^(?:\/|$)/.test(target), path],
    [!isHostTwice, '--host and a host in the address exclude each other'],
    [who.length <= 1, '--key, --client, --token and --anonymous exclude each other'],
    [isIP(from) !== 0, address],
  ]
  return rules.flatMap(([isGood, fault]) => (isGood ? [] : [fault]))
}

/** A whole address has a host, perhaps with a port, before its path. */
function splitAddress(asked: string): { readonly host: string | null; readonly target: string } {
  const [, host = null, rest = ''] = /^https:\/\/([^/?#]+)(.*)$/.exec(asked) ?? []
  if (host === null) return { host, target: asked }
  return { host, target: rest.startsWith('/') ? rest : `/${rest}` }
}

function callerOf(words: Words): Wanted['caller'] {
  const key = stringOf(words, 'key')
  const client = stringOf(words, 'client')
  const token = stringOf(words, 'token')
  if (key !== undefined) return { kind: 'key', id: key }
  if (client !== undefined) return { kind: 'client', id: client }
  return token === undefined ? { kind: 'anonymous' } : { kind: 'file', path: token }
}
