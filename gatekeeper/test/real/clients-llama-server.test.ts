import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { clients } from './parts/clients.ts'
import { llamaServer } from './parts/llama-server.ts'
import type { Running } from './parts/part.ts'
import { itChargesTexts } from './support/charges.ts'
import { anthropicRows, openaiRows } from './support/client-rows.ts'
import { itServesClients } from './support/client-suite.ts'
import type { EntryPoint } from './support/entry-point.ts'
import { type Gateway, openGateway } from './support/gateway.ts'
import { isLlamaIdle } from './support/llama-metrics.ts'
import { itKeepsCredentials } from './support/no-leaks.ts'
import { areAvailable } from './support/provision.ts'

const isAvailable = await areAvailable(llamaServer, clients)
const serverKey = 'sk-the-servers-own-key-0123456789'

describe.skipIf(!isAvailable)('clients of a llama-server', { timeout: 60_000 }, () => {
  let folder: string
  let server: Running
  let gateway: Gateway
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gk-real-'))
    server = await llamaServer.start({ apiKey: serverKey, callsTools: true })
    gateway = await openGateway(server, 'llama', (url) => ({ config: configFor(folder, url) }))
  }, 90_000)
  afterAll(async () => {
    await gateway?.stop()
    await server?.stop()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  const entryPoint: EntryPoint = {
    name: 'llama',
    gateway: () => gateway,
    ...{ path: '', point: 'relay', model: 'tiny' },
    watchServer: () => () => isLlamaIdle(server, serverKey),
    restsWithinMs: { streamed: 2_000, unstreamed: 20_000 },
  }
  itServesClients({
    entryPoint,
    rows: [...openaiRows, ...anthropicRows],
    // Its stream of the Responses API begins with an event that lacks the time of creation and the
    // model, and the AI SDK reads no further.
    lacks: ({ file }) => (file === 'ai-sdk-openai-responses.mjs' ? ['stream', 'abort'] : []),
  })
  const options = { listPath: '/models', serverKey, answersMin: 12 }
  itKeepsCredentials({ ...entryPoint, path: '/v1' }, options)
  itChargesTexts(() => gateway)
})

function configFor(folder: string, url: string): string {
  const keyFile = join(folder, 'llama.key')
  writeFileSync(keyFile, `${serverKey}\n`, { mode: 0o600 })
  return `version: 1
services:
  llama: {kind: openai, upstream: {url: "${url}", keyFile: "${keyFile}"}, routes: [{prefix: /v1}]}
  tts: {kind: http, routes: [{prefix: /tts, strip: true}]}
`
}
