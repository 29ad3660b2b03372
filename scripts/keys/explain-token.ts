import { type Claims, readCompactToken } from '../../gatekeeper/src/credentials/compact-token.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { narrowingClaim } from '../../gatekeeper/src/policy/narrowing.ts'
import type { Principal } from '../../gatekeeper/src/policy/principal.ts'
import type { Reason } from '../../gatekeeper/src/policy/reason.ts'
import type { Command, Context, Report } from './command.ts'
import { useTokens } from './open-tokens.ts'
import { readToken } from './read-credential.ts'
import { formatTable } from './table.ts'

/** Why a token is not taken, and what to do, for the person who runs the gatekeeper. */
const verdicts: Readonly<Partial<Record<Reason, string>>> = {
  'malformed-token':
    'it is no whole token (three parts of base64url, one reading, with exp and sub): was it copied whole?',
  'unknown-issuer': 'no entry of `issuers` in gatekeeper.yaml has this iss, to the letter.',
  'token-type': 'its typ is none of `types`: is it an ID token? Ask for an access token.',
  'token-algorithm': 'its alg is none of `algorithms` of the entry.',
  'token-signature': 'no key of its issuer signed it: it was changed, or its key is gone.',
  'token-audience': 'it is for somebody else: `audience` of the entry must be one of its aud.',
  'token-expired': 'its time is over: get a new one.',
  'token-not-yet-valid': 'its nbf or iat is in the future: compare the clocks.',
  'token-revoked': 'it, its client, or what it was exchanged for was revoked, removed or disabled.',
  'token-not-granted': 'none of `rules` of its issuer fits its claims.',
  'issuer-keys-unavailable': 'the keys of its issuer cannot be had from here now.',
}

export const explainToken: Command = {
  summary: 'read a token from stdin, tell what it is and whether it is taken',
  usage: '< FILE',
  options: {},
  help: [
    'The token is read from stdin, or asked for without an echo; never from the command line.',
    'It is asked what the service asks, with the same files. Exit code 1 if it would be refused.',
    'It is never logged, and nothing of its signature is shown.',
  ],
  run: async (words, context) => {
    const text = await readToken(words, context)
    const read = readCompactToken(text)
    const judged =
      read === null
        ? 'malformed-token'
        : await useTokens(read.claims['iss'], context, ({ tokens }) => tokens.authenticate(text))
    return explain({ read, judged }, context)
  },
}

type Explained = {
  readonly read: ReturnType<typeof readCompactToken>
  readonly judged: Principal | Reason
}

function explain({ read, judged }: Explained, { clock }: Context): Report {
  const principal = typeof judged === 'string' ? null : judged
  const reason = typeof judged === 'string' ? judged : null
  const claims = read === null ? {} : shownClaims(read.claims)
  const rows = Object.entries({ ...read?.header, ...claims }).map(([name, value]) => [
    name,
    show(name, value, clock()),
  ])
  const why = reason === null ? null : (verdicts[reason] ?? reason)
  return {
    code: reason === null ? exitCode.ok : exitCode.no,
    json: {
      ...{ valid: reason === null, reason, remedy: why, header: read?.header ?? null, claims },
      principal: principal && describePrincipal(principal),
    },
    lines: [
      ...(rows.length === 0 ? [] : [...formatTable(rows), '']),
      why === null ? 'Yes: this token is taken.' : `No (${reason}): ${why}`,
      ...(principal === null ? [] : ['', ...formatTable(rowsOf(principal))]),
    ],
  }
}

const claimNames = [
  ...['iss', 'sub', 'aud', 'iat', 'nbf', 'exp', 'jti', 'client_id', 'role', 'scope', 'scp'],
  ...['azp', 'groups', 'roles', 'email', narrowingClaim],
]

function shownClaims(claims: Claims): Claims {
  const said = claimNames.filter((name) => Object.hasOwn(claims, name))
  return Object.fromEntries(said.map((name) => [name, claims[name]]))
}

const textCharsMax = 300

function show(name: string, value: unknown, now: number): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  const isInstant = ['iat', 'nbf', 'exp'].includes(name) && typeof value === 'number'
  if (!isInstant || Math.abs(value) > 8.64e12) return text.slice(0, textCharsMax)
  const seconds = Math.round(value - now / 1000)
  const distance = seconds < 0 ? `${-seconds} s ago` : `in ${seconds} s`
  return `${text} (${formatInstant(value * 1000)}, ${distance})`
}

function describePrincipal(principal: Principal) {
  const { id, user, role, services, models, limits, parent } = principal
  const texts = limits.map((limit) => limit.text)
  return { ...{ id, user, role, services, models, limits: texts }, parent: parent?.id ?? null }
}

function rowsOf(principal: Principal): string[][] {
  return Object.entries(describePrincipal(principal)).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') || 'none of its own' : String(value ?? 'none'),
  ])
}
