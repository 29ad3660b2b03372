import { flaskGunicorn } from './flask-gunicorn.ts'
import { litellm } from './litellm.ts'
import { nginxNull } from './nginx-null.ts'
import { oauth2Proxy } from './oauth2-proxy.ts'
import type { Gap, Peer } from './peer.ts'
import { portkey } from './portkey.ts'

/** All peers, in the order of the table. */
export const allPeers: readonly Peer[] = [nginxNull, flaskGunicorn, oauth2Proxy, portkey, litellm]

/** Wanted but not available: Go's module proxy refused every version on 2026-11-22. */
export const knownGaps: readonly Gap[] = [
  { name: 'heimdall', why: 'the Go module proxy refused every version of its module' },
  { name: 'authcrunch', why: 'the Go module proxy refused caddy-security and xcaddy as well' },
]
