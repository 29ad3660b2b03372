import { flaskGunicorn } from './flask-gunicorn.ts'
import { litellm } from './litellm.ts'
import { nginxNull } from './nginx-null.ts'
import { oauth2Proxy } from './oauth2-proxy.ts'
import type { Gap, Peer } from './peer.ts'
import { portkey } from './portkey.ts'

/** In the order of the table. */
export const allPeers: readonly Peer[] = [nginxNull, flaskGunicorn, oauth2Proxy, portkey, litellm]

/** Asked for, and not to be had: the module proxy of Go gives out neither, tried on 2026-11-22. */
export const knownGaps: readonly Gap[] = [
  { name: 'heimdall', why: 'its Go module (v0.15.0) was refused by the module proxy' },
  { name: 'authcrunch', why: 'the Go modules of caddy-security and xcaddy were refused' },
]
