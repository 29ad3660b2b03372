/** Lets a program without a browser's fields and without our authority call a console. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { TestConsole } from '../../support/console.ts'

export type Front = {
  readonly url: string
  /** How many answers had each status. */
  readonly statuses: () => ReadonlyMap<number, number>
  readonly stop: () => Promise<void>
}

type Session = { readonly cookie: string; readonly half: string }

export type FrontDeps = {
  readonly session: Session
  /** Returns a proof for the act of a request, or null if it needs none. */
  readonly prove: (method: string, path: string) => Promise<string | null>
}

const ownFields = new Set([
  'host',
  'connection',
  'cookie',
  'transfer-encoding',
  'expect',
  'upgrade',
])

/** Passes each request on to the console, as one of its pages would send it in the session. */
export async function startFront(site: TestConsole, deps: FrontDeps): Promise<Front> {
  const statuses = new Map<number, number>()
  // What is too large is for the console to say.
  const server = createServer({ maxHeaderSize: 256 * 1024 }, (request, response) => {
    request.on('error', () => {})
    response.on('error', () => {})
    passOn({ request, response }, { ...deps, site }).then(
      (status) => statuses.set(status, (statuses.get(status) ?? 0) + 1),
      () => response.destroy(),
    )
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    statuses: () => statuses,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

async function passOn(
  { request, response }: Exchange,
  { site, session, prove }: FrontDeps & { readonly site: TestConsole },
): Promise<number> {
  const kept = Object.entries(request.headers).filter(([name]) => !ownFields.has(name))
  const body = await readBody(request)
  const proof = await prove(request.method ?? 'GET', request.url ?? '/')
  const answer = await site.dispatcher.request({
    ...{ origin: site.url, path: request.url ?? '/', method: (request.method ?? 'GET') as 'GET' },
    headers: {
      ...Object.fromEntries(kept),
      cookie: `__Host-gk_session=${session.cookie}`,
      'x-gatekeeper-session': session.half,
      'sec-fetch-site': 'same-origin',
      ...(proof !== null && { 'x-gatekeeper-step-up': proof }),
    },
    ...(body.length > 0 && { body }),
  })
  response.writeHead(answer.statusCode, answer.headers)
  await pipeline(answer.body, response)
  return answer.statusCode
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
