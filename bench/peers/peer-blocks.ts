import type { RowPlan } from '../rows.ts'
import type { Peer, PeerDoor } from './peer.ts'

export type SeatedPeer = { readonly peer: Peer; readonly door: PeerDoor }

/** The Caddy block by which a peer is asked: ours, but for the proof, which no peer has. */
export function toPeerBlock({ peer, door }: SeatedPeer): string {
  const block = door.checkPath === null ? relayBlock(door) : checkBlock(door, door.checkPath)
  return `	handle_path ${prefixOf(peer)}/* {
		route {
			import cleaned
${block}
		}
	}
`
}

/** Apart from every prefix of the shipped file. */
const prefixOf = ({ name }: Peer) => `/peer-${name}`

function checkBlock({ address }: PeerDoor, path: string): string {
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

function relayBlock({ address, directives }: PeerDoor): string {
  return `			reverse_proxy ${address} {
				${directives.join('\n\t\t\t\t')}
				transport http {
					keepalive 2m
					keepalive_idle_conns_per_host 128
				}
			}`
}

/** The peer's row. A relay gets an OpenAI chat, which is what both of them speak. */
export function toPeerRow({ peer, door }: SeatedPeer): RowPlan {
  const { name, what } = peer
  const isCheck = door.checkPath !== null
  return {
    ...{ name, what, front: 'stand-in', behind: 'peer', authorization: door.authorization },
    ...(isCheck
      ? { method: 'GET', path: `${prefixOf(peer)}/hello`, nullRow: 'null' }
      : { method: 'POST', path: `${prefixOf(peer)}/v1/chat/completions`, nullRow: 'bare-relay' }),
  }
}
