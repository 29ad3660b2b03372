import type { Kind } from '../../model/kind.ts'
import { answeredHere, bytes, rowsIn } from '../row.ts'
import { analyticsRows } from './analytics.ts'
import { authRows } from './auth.ts'
import { controlRows } from './control.ts'

const oauth = rowsIn('oauth')
const row = rowsIn('openai')

/** What the gatekeeper itself answers to a caller whom it has admitted. */
export const own: Kind = {
  name: 'own',
  title: 'The gatekeeper’s own endpoints',
  rows: [
    ...row('GET|HEAD', '/status', 'open', answeredHere),
    ...row('GET|HEAD', '/openapi.json', 'open', answeredHere),
    ...oauth('POST', '/oauth/token', 'open', bytes, answeredHere),
    ...oauth('POST', '/oauth/introspect', 'open', bytes, answeredHere),
    ...oauth('POST', '/oauth/revoke', 'open', bytes, answeredHere),
    ...analyticsRows,
    ...authRows,
  ],
  isOwn: true,
  keepsTarget: true,
}

/**
 * Administration, for keys of role admin that name it. All its endpoints are of the class manage;
 * what is not listed is 404 for those whom it knows.
 */
export const control: Kind = {
  name: 'control',
  title: 'Administration (the service `control`)',
  rows: controlRows,
  dialectAt: () => 'bridge',
  isOwn: true,
  byNameOnly: true,
  furtherCarriers: 'control',
  keepsTarget: true,
}
