import { readCompactToken } from '../../access-tokens/compact-token.ts'
import { tokenClassOfType } from '../../model/token-class.ts'
import type { Installation } from '../installation.ts'
import { UnknownKeyError } from '../keys/key-writer.ts'
import { useTokens } from './open-tokens.ts'

/**
 * Revokes a token at every gatekeeper of this state folder, and returns its id; null if it was
 * revoked before. Rejects with an UnknownKeyError for a token that is not valid or has no `jti`.
 */
export async function revokeToken(
  text: string,
  installation: Installation,
): Promise<string | null> {
  const read = readCompactToken(text)
  const issuer = read?.claims['iss']
  return await useTokens(issuer, installation, async ({ tokens, revocations }) => {
    const verified = await tokens.verify(text, tokenClassOfType(read?.header.typ ?? null))
    if (verified === 'token-revoked') return null
    if (typeof verified === 'string') throw new UnknownKeyError(`nothing to revoke: ${verified}`)
    const { tokenId, expiresAt } = verified.claims
    if (tokenId === null) throw new UnknownKeyError('it has no jti by which it could be revoked')
    const name = verified.issuer.issuer
    await installation.record([{ event: 'token.revoked', tokenId, issuer: name }])
    await revocations.revokeToken({ issuer: name, tokenId, expiresAt })
    return tokenId
  })
}
