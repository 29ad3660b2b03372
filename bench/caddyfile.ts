const finalBlock = '\t# ---- everything else does not exist\n'

// `forward_auth` as in Caddy's manual, with our identity fields.
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

const gateStart = '\n(gate) {\n'
const gateEnd = '\n}\n'

/** Our gate with connections that are kept open, which is not shipped (decision 0002). */
function pooledGate(shipped: string): string {
  const start = shipped.indexOf(gateStart)
  const gate = shipped.slice(start, shipped.indexOf(gateEnd, start + 1) + gateEnd.length)
  const parts = gate.replace('(gate)', '(gate_pooled)').split('keepalive off')
  if (start === -1 || parts.length !== 2)
    throw new Error('the gate must contain exactly once: keepalive off')
  return parts.join('keepalive 2m\n\t\t\tkeepalive_idle_conns_per_host 128')
}

const pooledBlock = `	handle_path /tts/pooled/* {
		route {
			import gate_pooled tts
			reverse_proxy {$TTS_URL} {
				import admitted
			}
		}
	}

`

/**
 * Adds the blocks for comparison to the shipped Caddyfile, so that all rows have the same server,
 * TLS and time limits. Throws if the place for them is missing.
 */
export function addBenchBlocks(shipped: string, peerBlocks: readonly string[] = []): string {
  const parts = shipped.split(finalBlock)
  if (parts.length !== 2)
    throw new Error(`the Caddyfile must contain exactly once: ${finalBlock.trim()}`)
  const [before = '', after = ''] = parts
  const start = before.indexOf(gateStart)
  const added = blocks + pooledBlock + peerBlocks.join('\n') + finalBlock
  return before.slice(0, start) + pooledGate(shipped) + before.slice(start) + added + after
}
