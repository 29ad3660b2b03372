import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startChild, waitUntil } from '../../support/child.ts'
import { freePort } from '../../support/free-port.ts'
import { churn } from './churn.ts'
import { churnShare, describeEnd, type Front } from './front.ts'
import type { Caller } from './load.ts'

type PlainFrontOptions = {
  readonly caddy: string
  readonly callers: readonly Caller[]
  readonly appUrl: string
}

/** Caddy's own `forward_auth`, as its manual shows it, before a check server with churn. */
export async function startPlainFront(options: PlainFrontOptions): Promise<Front> {
  let closed = 0
  const check = createServer((request, response) => {
    const credential = request.headers.authorization?.slice('Bearer '.length)
    const user = options.callers.find((caller) => caller.credential === credential)?.user ?? null
    if (churn(response, churnShare)) closed += 1
    response.writeHead(user === null ? 401 : 200, {
      ...(user !== null && { 'x-gatekeeper-user': user }),
      'content-length': 0,
    })
    response.end()
  })
  check.keepAliveTimeout = 130_000
  const checkUrl = await listen(check)
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'gk-plain-'))
  const caddyfile = join(folder, 'Caddyfile')
  writeFileSync(caddyfile, plainCaddyfile({ port, checkUrl, appUrl: options.appUrl }))
  const env = { PATH: process.env['PATH'], HOME: folder }
  const words = ['run', '--config', caddyfile, '--adapter', 'caddyfile']
  const caddy = startChild(options.caddy, words, env)
  await waitUntil(() => isOpen(port), { limitMs: 15_000, child: caddy, describe: caddy.output })
  return {
    ...{ target: { port }, prefix: '/app', closedChecks: () => closed },
    pids: [caddy.process.pid ?? 0],
    wrong: () => describeEnd(caddy),
    stop: async () => {
      await caddy.stop()
      check.close()
      check.closeAllConnections()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function plainCaddyfile(at: { port: number; checkUrl: string; appUrl: string }): string {
  return `{
	admin off
	persist_config off
	auto_https off
	default_bind 127.0.0.1
}
http://localhost:${at.port} {
	handle_path /app/* {
		forward_auth ${at.checkUrl} {
			uri /verify
			copy_headers X-Gatekeeper-User
			transport http {
				keepalive 2m
				keepalive_idle_conns_per_host 2
			}
		}
		reverse_proxy ${at.appUrl} {
			header_up -Authorization
		}
	}
}
`
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function isOpen(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(port, '127.0.0.1')
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
