const finalBlock = '\t# ---- everything else does not exist\n'

// `forward_auth` as Caddy's manual shows it, with the identity fields of ours.
const blocks = `	handle_path /plain/* {
		reverse_proxy {$TTS_URL}
	}

	handle_path /unpooled/* {
		reverse_proxy {$TTS_URL} {
			transport http {
				keepalive off
			}
		}
	}

	handle_path /forward/* {
		forward_auth "{$GATEKEEPER_CHECK}" {
			uri /check/tts
			copy_headers X-Gatekeeper-User X-Gatekeeper-Key-Id X-Gatekeeper-Role X-Gatekeeper-Service
		}
		reverse_proxy {$TTS_URL}
	}

`

/**
 * The shipped Caddyfile with the blocks that it is compared with, so that all rows have the same
 * server, TLS and time limits. Throws where the place for them is gone.
 */
export function addBenchBlocks(shipped: string): string {
  const parts = shipped.split(finalBlock)
  if (parts.length !== 2) throw new Error(`the Caddyfile does not say once: ${finalBlock.trim()}`)
  return parts.join(blocks + finalBlock)
}
