import { join } from 'node:path'
import { makeKey, type TestKey } from '../../support/keys.ts'
import { startStack } from '../../support/stack.ts'
import { startChurnProxy } from './churn-proxy.ts'
import { churnShare, describeEnd, type Front } from './front.ts'
import type { Caller } from './load.ts'

/**
 * `shipped`: our Caddyfile as it is. `pooled`: with pooled connections for the checks instead.
 * `churning`: pooled, and a proxy between that closes a share of them, which the race needs.
 */
export type OurKind = 'shipped' | 'pooled' | 'churning'

type OurFrontOptions = {
  readonly kind: OurKind
  readonly keys: readonly TestKey[]
  readonly appUrl: string
}

const config = `version: 1
reads: 10m/min
services:
  ollama: {kind: ollama, routes: [{prefix: /api}]}
  tts: {kind: http, routes: [{prefix: /tts, strip: true}]}
`

/** The real gatekeeper behind the real Caddy, with the application as the service `tts`. */
export async function startOurFront({ kind, keys, appUrl }: OurFrontOptions): Promise<Front> {
  let checkSocket = ''
  const proxy = kind === 'churning' ? await startChurnProxy(() => checkSocket, churnShare) : null
  const stack = await startStack({
    ...{ keys, config, env: { TTS_URL: appUrl } },
    caddyfile: (shipped) => {
      // By hand, since the pools of generated blocks cannot be changed.
      const text = replaceOnce(shipped, place, ownBlock(appUrl) + place)
      if (text.split(unpooled).length !== 3) throw new Error(`not twice: ${unpooled}`)
      const checked = proxy ? replaceOnce(text, checkAddress, `127.0.0.1:${proxy.port}`) : text
      // For the check and for the service behind it: the race needs both pools.
      return kind === 'shipped' ? checked : checked.replaceAll(unpooled, pooled(kind))
    },
  })
  checkSocket = join(stack.stateDir, 'run/check.sock')
  return {
    ...{ target: { port: stack.httpsPort, ca: stack.ca }, prefix: '/tts' },
    closedChecks: () => proxy?.closed() ?? 0,
    pids: [stack.caddy, stack.gatekeeper].map((child) => child.process.pid ?? 0),
    wrong: () => describeEnd(stack.caddy) ?? describeEnd(stack.gatekeeper),
    stop: async () => {
      await stack.stop()
      await proxy?.close()
    },
  }
}

const place = '\t# ---- everything else'
const ownBlock = (appUrl: string) =>
  `\thandle_path /tts/* {\n route {\n import gate tts\n reverse_proxy ${appUrl} {\n import admitted\n}\n}\n}\n`

const unpooled = 'keepalive off'
const checkAddress = '"{$GATEKEEPER_CHECK:127.0.0.1:9002}"'

/**
 * With churn a small pool, so that it dials all the time; otherwise one that fits the connections.
 */
function pooled(kind: OurKind): string {
  return `keepalive 2m\n\t\t\tkeepalive_idle_conns_per_host ${kind === 'churning' ? 2 : 128}`
}

/**
 * Throws if the Caddyfile no longer contains it, so that no variant without a change is measured.
 */
function replaceOnce(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2) throw new Error(`the Caddyfile does not say once: ${from}`)
  return text.replace(from, () => to)
}

/** Two callers with keys, and the bad ones: an unknown key, a wrong one, half a key and none. */
export function makeCallers(): { readonly keys: readonly TestKey[]; callers: readonly Caller[] } {
  const keys = ['ada', 'bob'].map((user) => makeKey({ user, services: ['tts'] }))
  const [ada] = keys
  const credentials = [makeKey().key, `${ada?.key.slice(0, -1)}_`, ada?.key.slice(0, 30), null]
  const good = keys.map(({ key, entry }) => ({ credential: key, user: String(entry['user']) }))
  const bad = credentials.map((credential) => ({ credential: credential ?? null, user: null }))
  // As many good ones as bad ones.
  return { keys, callers: [...good, ...good, ...bad] }
}
