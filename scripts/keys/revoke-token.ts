import { readCompactToken } from '../../gatekeeper/src/access-tokens/compact-token.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { UnknownKeyError } from '../../gatekeeper/src/operations/keys/key-writer.ts'
import type { Command } from './command.ts'
import { useTokens } from './open-tokens.ts'
import { readToken } from './read-credential.ts'

export const revokeToken: Command = {
  summary: 'read a token from stdin and end it, at every gatekeeper of this state folder',
  usage: '< FILE',
  options: {},
  help: [
    'The token is read from stdin, or asked for without an echo; never from the command line.',
    'Ours, or one of another issuer with a jti; what was exchanged for it ends as well.',
    '`client revoke ID` ends every token of a client; `disable ID` those that came from a key.',
  ],
  run: async (words, context) => {
    const text = await readToken(words, context)
    const issuer = readCompactToken(text)?.claims['iss']
    return await useTokens(issuer, context, async ({ tokens, revocations }) => {
      const verified = await tokens.verify(text)
      if (verified === 'token-revoked') return report('was revoked already', null)
      if (typeof verified === 'string') throw new UnknownKeyError(`nothing to revoke: ${verified}`)
      const { tokenId, expiresAt } = verified.claims
      if (tokenId === null) throw new UnknownKeyError('it has no jti by which it could be revoked')
      const name = verified.issuer.issuer
      await context.record([{ event: 'token.revoked', tokenId, issuer: name }])
      await revocations.revokeToken({ issuer: name, tokenId, expiresAt })
      return report('is revoked: every gatekeeper here refuses it within two seconds', tokenId)
    })
  },
}

const report = (what: string, tokenId: string | null) => ({
  code: exitCode.ok,
  json: { revoked: true, tokenId },
  lines: [`The token ${what}.`],
})
