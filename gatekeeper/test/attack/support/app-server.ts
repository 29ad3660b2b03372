import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request that an application behind the gate received, with its trailers. */
export type Seen = {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly rawTrailers: readonly string[]
  readonly body: string
}

export type AppServer = {
  readonly url: string
  readonly seen: Seen[]
  readonly close: () => Promise<void>
}

/** An application of the test; `answer` writes its answers, an empty 200 by default. */
export async function startApp(
  answer: (response: ServerResponse, seen: Seen) => void = (response) => void response.end(),
): Promise<AppServer> {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    // A request that breaks off does not count as received.
    const entry = await read(request).catch(() => null)
    if (entry === null) return
    seen.push(entry)
    answer(response, entry)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function read(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { method = '', url = '', rawHeaders, rawTrailers } = request
  return { method, url, rawHeaders, rawTrailers, body: Buffer.concat(chunks).toString('latin1') }
}

/**
 * How application servers make variables of field names: WSGI and CGI fold `-` and `_`, PHP `.` as
 * well, lighttpd every character other than a letter or digit. The widest of them counts.
 */
export function foldFieldName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}

/** Every value of every folded name, as such a server would read it. */
export function foldFields(rawHeaders: readonly string[]): Map<string, string[]> {
  const folded = new Map<string, string[]>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = foldFieldName(rawHeaders[at] as string)
    folded.set(name, [...(folded.get(name) ?? []), rawHeaders[at + 1] as string])
  }
  return folded
}
