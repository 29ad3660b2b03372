import type { Kind } from '../../model/kind.ts'
import { answeredHere, bytes, rowsIn } from '../row.ts'

const oauth = rowsIn('oauth')

/** What the gatekeeper itself answers to a caller whom it has admitted. */
export const own: Kind = {
  name: 'own',
  title: 'The gatekeeper’s own endpoints',
  rows: [
    ...rowsIn('openai')('GET|HEAD', '/status', 'open', answeredHere),
    ...oauth('POST', '/oauth/token', 'open', bytes, answeredHere),
    ...oauth('POST', '/oauth/introspect', 'open', bytes, answeredHere),
    ...oauth('POST', '/oauth/revoke', 'open', bytes, answeredHere),
  ],
  isOwn: true,
  keepsTarget: true,
}
