import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type SlowModel = { readonly url: string; readonly close: () => Promise<void> }

/** Starts a model server whose answers never end, so that the queue has somebody in it. */
export async function startSlowModel(): Promise<SlowModel> {
  const server = createServer((request, response: ServerResponse) => {
    request.on('error', () => {}).resume()
    response.on('error', () => {}).setHeader('content-type', 'application/x-ndjson')
    if (request.method === 'POST') return void response.flushHeaders()
    response.end(JSON.stringify({ models: [{ name: 'llama3.2:latest' }], version: '0.12.0' }))
  })
  server.on('error', () => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
