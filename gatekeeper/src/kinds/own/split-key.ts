import type { Kind } from '../../model/kind.ts'
import { handedOver, plainJson, rowsIn } from '../row.ts'

const row = rowsIn('bridge')

/** The pattern of the endpoint that splits a key. */
export const splitPattern = '/api/split-key/split'

/**
 * Split keys of the users of apps. They are open to every principal, and each sees its own: the
 * gatekeeper splits and seals, and the admin process writes and lists.
 */
export const splitKey: Kind = {
  name: 'split-key',
  title: 'Split keys',
  rows: [
    ...row('POST', splitPattern, 'open', plainJson, handedOver),
    ...row('GET', '/api/split-key', 'open', handedOver),
    ...row('GET|DELETE', '/api/split-key/{id}', 'open', handedOver),
    ...row('POST', '/api/split-key/{id}/validate', 'open', plainJson, handedOver),
    ...row('POST', '/api/split-key/{id}/rotate', 'open', plainJson, handedOver),
  ],
  dialectAt: () => 'bridge',
  isOwn: true,
  keepsTarget: true,
}
