import { flaskGunicorn } from './flask-gunicorn.ts'
import { litellm } from './litellm.ts'
import { nginxNull } from './nginx-null.ts'
import { oauth2Proxy } from './oauth2-proxy.ts'
import type { Gap, Peer } from './peer.ts'
import { portkey } from './portkey.ts'

/** In the order of the table. */
export const allPeers: readonly Peer[] = [nginxNull, flaskGunicorn, oauth2Proxy, portkey, litellm]

/** Asked for, and not to be had: the module proxy of Go refuses every version, on 2026-11-22. */
export const knownGaps: readonly Gap[] = [
  { name: 'heimdall', why: 'its Go module was refused by the module proxy, in every version' },
  { name: 'authcrunch', why: 'the Go modules of caddy-security and xcaddy were refused likewise' },
]
