import { isIP } from 'node:net'
import { isLoopback } from '../../../gatekeeper/src/lib/net/cidr.ts'
import type { Examination } from '../../../gatekeeper/src/operations/doctor/examination.ts'
import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import { listOf, visitHandlers } from '../../caddy/examine/adapted.ts'
import { roleOf } from '../../caddy/examine/caddyfile.ts'
import { type Context, caddyfileOf } from '../context.ts'

/** Services on this machine that others can reach directly. */
export const exposure: Examination<Context> = {
  name: 'upstreams',
  examine: async (context) => {
    const found = await Promise.all(listLocal(context).map((target) => judge(target, context)))
    return found.flat()
  },
}

type Target = { readonly name: string; readonly port: number }

/** The services that are called on loopback; what is elsewhere cannot be judged from here. */
function listLocal(context: Context): Target[] {
  const relayed = context.gateway.services.flatMap(({ name, upstream }) =>
    upstream === null ? [] : [{ name, ...placeOf(new URL(upstream.origin)) }],
  )
  const checked = listDials(context).flatMap((dial) => {
    const url = `http://${dial}`
    return URL.canParse(url) ? [{ name: dial, ...placeOf(new URL(url)) }] : []
  })
  const local = [...relayed, ...checked].filter(({ host }) => isLoopback(host))
  // One finding a port: Ollama is relayed as well as checked.
  return local.filter(({ port }, at) => local.findIndex((other) => other.port === port) === at)
}

function listDials(context: Context): string[] {
  const file = caddyfileOf(context)
  if (file === null) return []
  return visitHandlers(file.adapted)
    .filter(({ handler }) => roleOf(handler, file) === 'service')
    .flatMap(({ handler }) => listOf(handler['upstreams']).map(({ dial }) => String(dial)))
}

function placeOf(url: URL): { host: string; port: number } {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  return { host: url.hostname.replace(/[[\]]/g, ''), port }
}

async function judge({ name, port }: Target, { outside }: Context): Promise<Finding[]> {
  const addresses = outside.addresses()
  const open = await Promise.all(addresses.map((address) => outside.isOpen(address, port)))
  const reached = addresses.filter((_, at) => open[at])
  const [first] = reached
  if (first === undefined) return []
  const place = isIP(first) === 6 ? `[${first}]:${port}` : `${first}:${port}`
  const what = `answers on ${place}, past the gate: unless a firewall stands before it, everybody in that network can call it without a key`
  return [{ level: 'error', source: name, what, remedy: cureOf(name, port) }]
}

function cureOf(name: string, port: number): string {
  if (name === 'ollama') {
    return 'Set OLLAMA_HOST=127.0.0.1:11434 for Ollama (systemctl edit ollama), and restart it.'
  }
  if (name === 'litellm') return `Start LiteLLM with --host 127.0.0.1 --port ${port}.`
  return 'Let it listen on 127.0.0.1 only.'
}
