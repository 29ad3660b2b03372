/**
 * The fields by which Caddy and the gatekeeper speak of a request. A test compares these lists with
 * the gatekeeper's own.
 */

/** What a service is told of its caller; as `identityFields` in the gatekeeper makes it. */
export const identityNames = [
  'X-Gatekeeper-User',
  'X-Gatekeeper-Key-Id',
  'X-Gatekeeper-Role',
  'X-Gatekeeper-Service',
  'X-Gatekeeper-Request-Id',
] as const

/** What the gatekeeper is told of a request, beside the edge, and the only value that it may have. */
export const statement: Readonly<Record<string, string>> = {
  'X-Gatekeeper-Request-Id': '{http.request.uuid}',
  'X-Gatekeeper-Client-Address': '{http.vars.client_ip}',
  'X-Gatekeeper-Method': '{http.request.orig_method}',
  'X-Gatekeeper-Uri': '{http.request.orig_uri}',
  'X-Gatekeeper-Host': '{http.request.hostport}',
  'X-Gatekeeper-Upgrade': '{http.request.header.Upgrade}',
  'X-Gatekeeper-Protocol': '{http.request.proto}',
}

/** Fields by which a client could speak for us, for a proxy, or for a login in front of us. */
export const cleanedNames = (
  '*Gatekeeper* *_* *.* *Forwarded* *Client-Ip* *Clientip* *Connecting-Ip* X-Real-Ip X-Original-* ' +
  'X-Originating-* X-Rewrite-* X-Remote-* X-Envoy-* *Http-Method* *Method-Override* Proxy Remote-* ' +
  'X-Auth-Request-* X-Webauth-* X-Authentik-* *Authenticated-* Tailscale-*'
).split(' ')

/** Fields that carry callers' credentials, and must end at the gate. */
export const credentialNames = ['Authorization', 'X-Api-Key', 'Api-Key', 'X-Goog-Api-Key'] as const
