import type { Parent } from '../model/narrowing.ts'
import type { VerifiedToken } from './access-token.ts'
import type { ClaimRule } from './claim-rules.ts'
import type { Claims } from './compact-token.ts'

/**
 * Returns what is needed to find the holder of a token again, with only those claims that the rules
 * use.
 */
export function parentOfToken(
  { issuer, token, claims }: VerifiedToken,
  foreign: { readonly userClaim: string; readonly rules: readonly ClaimRule[] } | null,
): Parent {
  return {
    kind: foreign === null ? 'client' : 'foreign',
    issuer: issuer.issuer,
    ...claims,
    claims: foreign === null ? {} : pick(token.claims, foreign),
  }
}

/** A path `a.b` may be a claim of that name or a step into `a`: both are kept. */
function pick(
  claims: Claims,
  { userClaim, rules }: { readonly userClaim: string; readonly rules: readonly ClaimRule[] },
): Claims {
  const paths = [userClaim, ...rules.flatMap(({ when }) => Object.keys(when))]
  const names = new Set(paths.flatMap((path) => [path, path.split('.')[0] ?? '']))
  return Object.fromEntries(Object.entries(claims).filter(([name]) => names.has(name)))
}
