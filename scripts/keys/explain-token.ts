import { findMisses, heldValues } from '../../gatekeeper/src/access-tokens/claim-rules.ts'
import { type Claims, readCompactToken } from '../../gatekeeper/src/access-tokens/compact-token.ts'
import {
  findAudienceFault,
  findClaimFault,
} from '../../gatekeeper/src/access-tokens/token-claims.ts'
import type { IssuerSettings } from '../../gatekeeper/src/config/resolve-issuers.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { credentialCharsMax } from '../../gatekeeper/src/model/credential-form.ts'
import { narrowingClaim } from '../../gatekeeper/src/model/narrowing.ts'
import type { Principal } from '../../gatekeeper/src/model/principal.ts'
import type { Reason } from '../../gatekeeper/src/model/reason.ts'
import type { Command, Context, Report } from './command.ts'
import { useTokens } from './open-tokens.ts'
import { readToken } from './read-credential.ts'
import { formatTable } from './table.ts'

/** Why a token is not taken, and what to do, for the person who runs the gatekeeper. */
const verdicts: Readonly<Partial<Record<Reason, string>>> = {
  'malformed-token':
    'it is not a whole token (three parts of base64url, each with one reading): was it copied whole?',
  'unknown-issuer': 'no entry of `issuers` in gatekeeper.yaml has this iss, to the letter.',
  'token-type': 'its typ is none of `types`: is it an ID token? Ask for an access token.',
  'token-algorithm': 'its alg is none of `algorithms` of the entry.',
  'token-signature': 'no key of its issuer signed it: it was changed, or its key is gone.',
  'token-audience': 'it is for somebody else: its aud does not name us.',
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
    const named = read?.claims['iss']
    const judged =
      read === null
        ? 'malformed-token'
        : await useTokens(named, context, ({ tokens }) => tokens.authenticate(text))
    const entries = read === null ? [] : context.foreignIssuers()
    const entry = entries.find(({ issuer }) => issuer === named) ?? null
    return explain({ length: text.length, read, judged, entry }, context)
  },
}

type Explained = {
  readonly length: number
  readonly read: ReturnType<typeof readCompactToken>
  readonly judged: Principal | Reason
  /** Of `issuers`; null where the token is of nobody who stands there. */
  readonly entry: IssuerSettings | null
}

/** What is wrong, with the claim that does not hold. */
function describeReason(reason: Reason, { length, read, entry }: Explained): string {
  if (length > credentialCharsMax) {
    const most = credentialCharsMax.toLocaleString('en')
    return `it has ${length.toLocaleString('en')} characters, and ${most} is the most: let its issuer put fewer claims into it, such as only the groups that rules name.`
  }
  const usual = verdicts[reason] ?? reason
  if (read === null) return usual
  switch (reason) {
    case 'malformed-token':
      return describeFault(findClaimFault(read.claims, entry ?? noTerms)) ?? usual
    case 'token-audience':
      return entry === null ? usual : describeAudience(read.claims, entry)
    case 'token-not-granted':
      return entry === null ? usual : describeRules(read.claims, entry)
    default:
      return usual
  }
}

const noTerms = { audience: [], clockToleranceSeconds: 0 }

function describeFault(fault: ReturnType<typeof findClaimFault>): string | null {
  return fault && `its claim \`${fault.claim}\` ${fault.what}.`
}

function describeAudience(claims: Claims, entry: IssuerSettings): string {
  const what = describeFault(findAudienceFault(claims, entry)) ?? ''
  const hint =
    claims[entry.audienceClaim] === undefined
      ? ' The token has no such claim: where its issuer names the audience in another one, write it as audienceClaim: client_id.'
      : ''
  return `it is for somebody else: ${what}${hint}`
}

/** Every rule with the claims that it wants and the token does not have. */
function describeRules(claims: Claims, { rules }: IssuerSettings): string {
  const lines = rules.map(({ when }, at) => {
    const misses = findMisses(when, claims).map((path) => {
      const held = heldValues(claims, path).map((value) =>
        value.replace(/\p{Cc}/gu, '?').slice(0, 60),
      )
      const has = held.length === 0 ? 'nothing of that name' : held.slice(0, 20).join(', ')
      return `\`${path}\` must be ${when[path]?.join(' or ')}, and the token has ${has}`
    })
    return `rule ${at + 1}: ${misses.join('; ')}`
  })
  return `${verdicts['token-not-granted']} ${lines.join('. ')}.`
}

function explain(explained: Explained, { clock }: Context): Report {
  const { read, judged } = explained
  const principal = typeof judged === 'string' ? null : judged
  const reason = typeof judged === 'string' ? judged : null
  const claims = read === null ? {} : shownClaims(read.claims, explained.entry)
  const rows = Object.entries({ ...read?.header, ...claims }).map(([name, value]) => [
    name,
    show(name, value, clock()),
  ])
  const why = reason === null ? null : describeReason(reason, explained)
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

/** The usual claims, and those that the entry speaks of. */
function shownClaims(claims: Claims, entry: IssuerSettings | null): Claims {
  const spoken = entry === null ? [] : [entry.userClaim, entry.audienceClaim]
  const wanted = entry?.rules.flatMap(({ when }) => Object.keys(when)) ?? []
  const said = [...new Set([...claimNames, ...spoken, ...wanted])].filter((name) =>
    Object.hasOwn(claims, name),
  )
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
