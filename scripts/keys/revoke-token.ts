import { revokeToken as revoke } from '../../gatekeeper/src/operations/tokens/revoke-token.ts'
import type { KeyCommand } from './context.ts'
import { readToken } from './read-credential.ts'

export const revokeToken: KeyCommand = {
  summary: 'read a token from stdin and end it, at every gatekeeper of this state folder',
  usage: '< FILE',
  options: {},
  help: [
    'The token is read from stdin, or asked for without an echo; never from the command line.',
    'It is one of ours, or of another issuer with a jti; tokens exchanged for it end as well.',
    '`client revoke ID` ends every token of a client; `disable ID` ends those of a key.',
  ],
  run: async (words, context) => {
    const tokenId = await revoke(await readToken(words, context), context)
    const line =
      tokenId === null
        ? 'The token was revoked already.'
        : 'The token is revoked: every gatekeeper here refuses it within two seconds.'
    return { json: { revoked: true, tokenId }, lines: [line] }
  },
}
