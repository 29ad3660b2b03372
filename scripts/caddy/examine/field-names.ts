/**
 * The fields in which Caddy and the gatekeeper describe a request. A test compares these lists with
 * the gatekeeper's own.
 */

import { carriers } from '../../../gatekeeper/src/model/credential-fields.ts'

/** The fields about its caller that a service receives, as `identityFields` sets them. */
export const identityNames = [
  'X-Gatekeeper-User',
  'X-Gatekeeper-Key-Id',
  'X-Gatekeeper-Role',
  'X-Gatekeeper-Service',
  'X-Gatekeeper-Request-Id',
] as const

/** Fields with which Caddy states the request, besides the edge, and their only valid values. */
export const statement: Readonly<Record<string, string>> = {
  'X-Gatekeeper-Request-Id': '{http.request.uuid}',
  'X-Gatekeeper-Client-Address': '{http.vars.client_ip}',
  'X-Gatekeeper-Method': '{http.request.orig_method}',
  'X-Gatekeeper-Uri': '{http.request.orig_uri}',
  'X-Gatekeeper-Host': '{http.request.hostport}',
  'X-Gatekeeper-Upgrade': '{http.request.header.Upgrade}',
  'X-Gatekeeper-Protocol': '{http.request.proto}',
}

/** Fields in which a client could pretend to be us, a proxy, or a login in front of us. */
export const cleanedNames = (
  '*Gatekeeper* *_* *.* *Forwarded* *Client-Ip* *Clientip* *Connecting-Ip* X-Real-Ip X-Original-* ' +
  'X-Originating-* X-Rewrite-* X-Remote-* X-Envoy-* *Http-Method* *Method-Override* Proxy Remote-* ' +
  'X-Auth-Request-* X-Webauth-* X-Authentik-* *Authenticated-* Tailscale-*'
).split(' ')

/**
 * Fields with callers' credentials, which must not pass the check, as Caddy writes them. Those for
 * other uses are refused by the check itself, so a Caddyfile of an earlier version may lack them.
 */
export const credentialNames: readonly string[] = carriers
  .filter(({ form, goodFor }) => form !== 'list' && goodFor === 'callers')
  .map(({ field }) => field.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()))
