import type { RowPlan } from '../rows.ts'
import type { Peer, PeerEntry } from './peer.ts'

export type StartedPeer = { readonly peer: Peer; readonly entry: PeerEntry }

/** Returns the Caddy block for a peer: ours without the proof, which no peer has. */
export function toPeerBlock({ peer, entry }: StartedPeer): string {
  const block = entry.checkPath === null ? relayBlock(entry) : checkBlock(entry, entry.checkPath)
  return `	handle_path ${prefixOf(peer)}/* {
		route {
			import cleaned
${block}
		}
	}
`
}

/** Differs from every prefix of the shipped file. */
const prefixOf = ({ name }: Peer) => `/peer-${name}`

function checkBlock({ address }: PeerEntry, path: string): string {
  return `			reverse_proxy ${address} {
				method GET
				rewrite ${path}?
				header_up X-Forwarded-Uri {http.request.orig_uri}
				header_up X-Forwarded-Method {http.request.orig_method}
				header_up -Expect
				header_up -Connection
				header_up -Upgrade
				transport http {
					keepalive off
					dial_timeout 500ms
					response_header_timeout 5s
				}
				@allow status 200 202
				handle_response @allow {
					route {
						request_header X-Gatekeeper-User {rp.header.X-Gatekeeper-User}
						request_header X-Gatekeeper-Service {rp.header.X-Gatekeeper-Service}
					}
				}
			}
			reverse_proxy {$TTS_URL} {
				import admitted
			}`
}

function relayBlock({ address, directives }: PeerEntry): string {
  return `			reverse_proxy ${address} {
				${directives.join('\n\t\t\t\t')}
				transport http {
					keepalive 2m
					keepalive_idle_conns_per_host 128
				}
			}`
}

/** Returns the row of a peer. A relay gets an OpenAI chat, which both of them accept. */
export function toPeerRow({ peer, entry }: StartedPeer): RowPlan {
  const { name, what } = peer
  const isCheck = entry.checkPath !== null
  return {
    ...{ name, what, front: 'stand-in', behind: 'peer', authorization: entry.authorization },
    ...(isCheck
      ? { method: 'GET', path: `${prefixOf(peer)}/hello`, nullRow: 'null' }
      : { method: 'POST', path: `${prefixOf(peer)}/v1/chat/completions`, nullRow: 'bare-relay' }),
  }
}
