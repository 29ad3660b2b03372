import { findMisses, heldValues } from '../../access-tokens/claim-rules.ts'
import { type Claims, readCompactToken } from '../../access-tokens/compact-token.ts'
import { findAudienceFault, findClaimFault } from '../../access-tokens/token-claims.ts'
import type { IssuerSettings } from '../../config/resolve-issuers.ts'
import { credentialCharsMax } from '../../model/credential-form.ts'
import { narrowingClaim } from '../../model/narrowing.ts'
import type { Principal } from '../../model/principal.ts'
import type { Reason } from '../../model/reason.ts'
import { tokenClassOfType } from '../../model/token-class.ts'
import type { Installation } from '../installation.ts'
import { useTokens } from './open-tokens.ts'

/** Why a token is refused and what to do, for the person who runs the gatekeeper. */
const verdicts: Readonly<Partial<Record<Reason, string>>> = {
  'malformed-token':
    'it is not a whole token (three parts of base64url, each with one reading): was it copied whole?',
  'unknown-issuer': 'no entry of `issuers` in gatekeeper.yaml has this iss, to the letter.',
  'token-type': 'its typ is not one of `types`: is it an ID token? Ask for an access token.',
  'token-algorithm': 'its alg is not one of `algorithms` of the entry.',
  'token-signature': 'no key of its issuer signed it: it was changed, or its key is gone.',
  'token-audience': 'it is for somebody else: its aud does not name us.',
  'token-expired': 'it has expired: get a new one.',
  'token-not-yet-valid': 'its nbf or iat is in the future: compare the clocks.',
  'token-revoked': 'it, its client, or what it was exchanged for was revoked, removed or disabled.',
  'unknown-person': 'the person who made its client or key is gone.',
  'disabled-person': 'the person who made its client or key is disabled.',
  'person-without-access': 'the person who made its client or key may use no service.',
  'token-not-granted': 'no entry of `rules` of its issuer fits its claims.',
  'issuer-keys-unavailable': 'the keys of its issuer cannot be fetched now.',
}

export type ExplainedToken = {
  /** Why the token is refused; null if it is accepted. */
  readonly reason: Reason | null
  /** What to do about it; null if it is accepted. */
  readonly remedy: string | null
  readonly header: Readonly<Record<string, unknown>> | null
  /** The usual claims, and those that the rules of its issuer name. */
  readonly claims: Claims
  readonly principal: Principal | null
}

/**
 * Verifies a token as the service does, and explains the result, which contains nothing of its
 * signature.
 */
export async function explainToken(
  text: string,
  installation: Installation,
): Promise<ExplainedToken> {
  const read = readCompactToken(text)
  const named = read?.claims['iss']
  const judged =
    read === null
      ? 'malformed-token'
      : await useTokens(named, installation, ({ tokens }) =>
          tokens.authenticate(text, tokenClassOfType(read.header.typ)),
        )
  const entries = read === null ? [] : installation.foreignIssuers()
  const entry = entries.find(({ issuer }) => issuer === named) ?? null
  const reason = typeof judged === 'string' ? judged : null
  return {
    reason,
    remedy: reason === null ? null : describeReason(reason, { length: text.length, read, entry }),
    header: read?.header ?? null,
    claims: read === null ? {} : shownClaims(read.claims, entry),
    principal: typeof judged === 'string' ? null : judged,
  }
}

type Explained = {
  readonly length: number
  readonly read: ReturnType<typeof readCompactToken>
  /** The entry of `issuers`; null if the issuer of the token has none. */
  readonly entry: IssuerSettings | null
}

/** Returns the fault, with the claim that fails. */
function describeReason(reason: Reason, { length, read, entry }: Explained): string {
  if (length > credentialCharsMax) {
    const most = credentialCharsMax.toLocaleString('en')
    return `it has ${length.toLocaleString('en')} characters, and the limit is ${most}: let its issuer put fewer claims into it, such as only the groups that rules name.`
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

/** Returns every rule with the claims that it needs and the token does not have. */
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

const claimNames = [
  ...['iss', 'sub', 'aud', 'iat', 'nbf', 'exp', 'jti', 'client_id', 'role', 'scope', 'scp'],
  ...['azp', 'groups', 'roles', 'email', narrowingClaim],
]

/** The usual claims, and those that the entry names. */
function shownClaims(claims: Claims, entry: IssuerSettings | null): Claims {
  const spoken = entry === null ? [] : [entry.userClaim, entry.audienceClaim]
  const wanted = entry?.rules.flatMap(({ when }) => Object.keys(when)) ?? []
  const said = [...new Set([...claimNames, ...spoken, ...wanted])].filter((name) =>
    Object.hasOwn(claims, name),
  )
  return Object.fromEntries(said.map((name) => [name, claims[name]]))
}
