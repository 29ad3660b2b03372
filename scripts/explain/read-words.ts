import { isIP } from 'node:net'
import type { ExplainCaller } from '../../gatekeeper/src/explain/explain.ts'
import { refuseCredential } from '../keys/find-key.ts'
import { commonOptions, parseWords } from '../words/parse-words.ts'
import { showWord, UsageError } from '../words/words.ts'

export type Wanted = {
  readonly method: string
  readonly target: string
  readonly model: string | null
  readonly from: string
  readonly origin: string | null
  readonly host: string | null
  readonly caller: Exclude<ExplainCaller, { kind: 'credential' }> | TokenFile
  readonly isLive: boolean
  readonly isJson: boolean
  readonly isHelp: boolean
}

/** A credential is never a word of a command line, which other users of the machine can read. */
type TokenFile = { readonly kind: 'file'; readonly path: string }

const options = {
  key: { type: 'string' },
  token: { type: 'string' },
  anonymous: { type: 'boolean', default: false },
  model: { type: 'string' },
  from: { type: 'string', default: '127.0.0.1' },
  origin: { type: 'string' },
  host: { type: 'string' },
  live: { type: 'boolean', default: false },
  ...commonOptions,
} as const

/** Reads the command line. Throws a UsageError that says everything that is wrong with it. */
export function readWords(args: readonly string[]): Wanted {
  const { values, positionals } = parseWords(args, options)
  const [method = '', asked = ''] = positionals
  const { host, target } = splitAddress(asked)
  const who = [values.key, values.token, values.anonymous || undefined]
  const wrong = [
    ...(positionals.length === 2 ? [] : ['say METHOD and PATH, such as GET /ollama/api/tags']),
    ...(/^[A-Za-z]{0,20}$/.test(method)
      ? []
      : ['the method must be a word of letters, such as GET']),
    ...(target === '' || target.startsWith('/')
      ? []
      : ['the path must begin with /, such as /ollama/api/tags, or with https://HOST/']),
    ...(host !== null && values.host !== undefined ? ['--host and a host in the address'] : []),
    ...(who.filter((word) => word !== undefined).length > 1
      ? ['--key, --token and --anonymous exclude each other']
      : []),
    ...(isIP(values.from) === 0
      ? [`--from: ${showWord(values.from)} is not an address; write one such as 192.168.1.20`]
      : []),
  ]
  if (values.key !== undefined) refuseCredential(values.key, [])
  if (wrong.length > 0 && !values.help) throw new UsageError(wrong.join('\n'))
  return {
    ...{ method: method.toUpperCase(), target, from: values.from },
    ...{ model: values.model ?? null, origin: values.origin ?? null, host: values.host ?? host },
    caller: callerOf(values),
    ...{ isLive: values.live, isJson: values.json, isHelp: values.help },
  }
}

/** A whole address has a host, perhaps with a port, before its path. */
function splitAddress(asked: string): { readonly host: string | null; readonly target: string } {
  const [, host = null, rest = ''] = /^https:\/\/([^/?#]+)(.*)$/.exec(asked) ?? []
  if (host === null) return { host, target: asked }
  return { host, target: rest.startsWith('/') ? rest : `/${rest}` }
}

function callerOf({ key, token }: { key?: string; token?: string }): Wanted['caller'] {
  if (key !== undefined) return { kind: 'key', id: key }
  return token === undefined ? { kind: 'anonymous' } : { kind: 'file', path: token }
}
