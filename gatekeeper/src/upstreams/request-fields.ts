/**
 * Decides which fields of a client's request its upstream sees. Hop-by-hop fields are removed (RFC
 * 9110 §7.6.1), credentials are removed, and no field of a client may look like a statement of the
 * gatekeeper or a proxy.
 */
import { connectionNames, type Fields } from '../lib/net/fields.ts'
import {
  type CredentialField,
  passingCredentialFields,
  removedCredentialFields,
} from '../model/credential-fields.ts'

const removed = new Set([
  // Hop-by-hop, and fields that undici sets itself.
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'host', 'content-length', 'expect', 'alt-svc', 'http2-settings'],
  // Credentials, in every carrier.
  ...removedCredentialFields(undefined),
  ...['cookie', 'sec-websocket-protocol'],
  // Statements about the client or the target that only a trusted proxy may make.
  ...['forwarded', 'x-real-ip', 'x-original-url', 'x-rewrite-url', 'x-http-method-override'],
  ...['x-http-method', 'x-method-override', 'via', 'true-client-ip', 'cf-connecting-ip'],
  // Forwarded in their parsed form.
  ...['traceparent', 'tracestate'],
  // From browsers: origins are checked here, and an upstream on loopback refuses foreign ones.
  ...['origin', 'referer', 'access-control-request-method', 'access-control-request-headers'],
  // Answers are read as they pass: no compression between upstream and gatekeeper.
  'accept-encoding',
  // A body that was read is sent uncompressed.
  'content-encoding',
])
/** Names with unlimited variants; `(cleaned)` in the Caddyfile drops the same ones. */
const removedWithin = [
  ...['gatekeeper', 'forwarded', 'client-ip', 'clientip', 'connecting-ip', 'http-method'],
  ...['method-override', 'authenticated-'],
]
const removedFamilies = [
  ...['x-original-', 'x-originating-', 'x-rewrite-', 'x-remote-', 'x-envoy-', 'remote-'],
  ...['x-auth-request-', 'x-webauth-', 'x-authentik-', 'tailscale-'],
  ...['x-litellm-', 'ocp-apim-', 'sec-fetch-'],
]

/** Returns whether no upstream may see a field of this name. */
function isRemoved(name: string): boolean {
  if (removed.has(name) || /[_.]/.test(name)) return true
  if (removedWithin.some((part) => name.includes(part))) return true
  return removedFamilies.some((family) => name.startsWith(family))
}

/**
 * Returns the fields for the upstream: the client's own without the removed ones, then `set`, which
 * takes precedence. If a route names the one field for credentials (`only`), the other carriers are
 * forwarded. Names with `_` or `.` are dropped: several servers map them to `-` and would see two
 * fields.
 */
export function upstreamFields(
  client: Fields,
  set: Readonly<Record<string, string>>,
  only?: CredentialField,
): Record<string, string | string[]> {
  const named = connectionNames(client['connection'])
  const passing = only === undefined ? [] : passingCredentialFields(only)
  const kept: Record<string, string | string[]> = {}
  for (const name of Object.keys(client)) {
    const values = client[name]
    if (values === undefined || named.has(name)) continue
    if (isRemoved(name) && !passing.includes(name)) continue
    kept[name] = values.length === 1 ? (values[0] as string) : [...values]
  }
  return Object.assign(kept, set)
}
