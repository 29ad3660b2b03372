import type { Line } from '../../../support/direct.ts'

/** One way to carry a credential; the text is latin1, as bytes on the wire. */
export type CarrierCase = {
  readonly name: string
  readonly carry: (credential: string) => Line
}

const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64')

/** Every field that can carry a caller's credential; a test compares them with the gatekeeper's table. */
export const carriers: readonly CarrierCase[] = [
  { name: 'Bearer', carry: (text) => ['Authorization', `Bearer ${text}`] },
  { name: 'no scheme', carry: (text) => ['Authorization', text] },
  { name: 'Basic', carry: (text) => ['Authorization', `Basic ${base64(`any:${text}`)}`] },
  { name: 'X-API-Key', carry: (text) => ['X-API-Key', text] },
  { name: 'api-key', carry: (text) => ['api-key', text] },
  { name: 'x-goog-api-key', carry: (text) => ['x-goog-api-key', text] },
  {
    name: 'sub-protocol',
    carry: (text) => ['Sec-WebSocket-Protocol', `chat, openai-insecure-api-key.${text}`],
  },
]
