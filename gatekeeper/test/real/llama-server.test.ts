import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { fetch as untrustingFetch } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { llamaServer } from './parts/llama-server.ts'
import type { Running } from './parts/part.ts'
import {
  itCountsForAnthropicClients,
  itServesAnthropicClients,
} from './support/anthropic-client.ts'
import { type EntryPoint, fewTokens, messages } from './support/entry-point.ts'
import { type Gateway, openGateway } from './support/gateway.ts'
import { isLlamaIdle } from './support/llama-metrics.ts'
import { itKeepsCredentials } from './support/no-leaks.ts'
import {
  createOpenai,
  itEmbedsForOpenaiClients,
  itRespondsToOpenaiClients,
  itServesOpenaiClients,
  itSurvivesClosedConnections,
} from './support/openai-client.ts'
import { areAvailable } from './support/provision.ts'

const isAvailable = await areAvailable(llamaServer)
const serverKey = 'sk-the-servers-own-key-0123456789'
// An answer that is not streamed it computes to its end, whoever left: asked with no gate between,
// it went on for 3.2 to 5.2 s (version 0.7.0).
const restsWithinMs = { streamed: 2_000, unstreamed: 20_000 }
const suite = { timeout: 120_000 }

/**
 * A service of our own next to the shipped Caddyfile: the entry of an operator with a llama-server.
 */
const gatewayFile = (members: string, route: string) => `version: 1
services:
  llama: {kind: openai, ${members}routes: [${route}]}
  tts: {kind: http, routes: [{prefix: /tts, strip: true}]}
`

describe.skipIf(!isAvailable)('llama-server with a key of its own, relayed', suite, () => {
  let folder: string
  let server: Running
  let gateway: Gateway
  const relayTo = (url: string, key: string) => {
    const keyFile = join(folder, 'llama.key')
    writeFileSync(keyFile, `${key}\n`, { mode: 0o600 })
    const upstream = `upstream: {url: "${url}", keyFile: "${keyFile}"}, `
    return { config: gatewayFile(upstream, '{prefix: /v1}') }
  }
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gk-real-'))
    server = await llamaServer.start({ apiKey: serverKey })
    gateway = await openGateway(server, 'llama', (url) => relayTo(url, serverKey))
  }, 90_000)
  afterAll(async () => {
    await gateway?.stop()
    await server?.stop()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  const openai: EntryPoint = {
    name: 'openai',
    gateway: () => gateway,
    ...{ path: '/v1', point: 'relay', model: 'tiny' },
    watchServer: () => () => isLlamaIdle(server, serverKey),
    restsWithinMs,
  }
  itServesOpenaiClients(openai)
  itSurvivesClosedConnections(openai)
  itEmbedsForOpenaiClients(openai)
  itRespondsToOpenaiClients(openai)
  itServesAnthropicClients({ ...openai, path: '' })
  itCountsForAnthropicClients({ ...openai, path: '' })

  it('a client that does not trust the CA never sends its key', async () => {
    const send = untrustingFetch as unknown as typeof fetch
    const client = createOpenai(openai, gateway.people.ada.key, send).withOptions({ maxRetries: 0 })
    await expect(client.models.list()).rejects.toBeInstanceOf(OpenAI.APIConnectionError)
  })

  itKeepsCredentials(openai, { listPath: '/models', serverKey })

  it("a wrong key of the gatekeeper's own is a 502, never the client's mistake", async () => {
    const other = await openGateway(server, 'llama', (url) =>
      relayTo(url, 'sk-outdated-0123456789'),
    )
    try {
      const entryPoint = { ...openai, gateway: () => other }
      const chat = createOpenai(entryPoint, other.people.ada.key).withOptions({
        maxRetries: 0,
      }).chat
      const asked = chat.completions.create({ model: 'tiny', messages, max_tokens: fewTokens })
      const error = await asked.catch((failure: unknown) => failure)
      expect(error).toBeInstanceOf(OpenAI.InternalServerError)
      expect(error).toMatchObject({ status: 502, code: 'upstream_rejected_us' })
    } finally {
      await other.stop()
    }
  })
})

describe.skipIf(!isAvailable)('llama-server behind a check', suite, () => {
  let server: Running
  let gateway: Gateway
  beforeAll(async () => {
    server = await llamaServer.start({})
    gateway = await openGateway(server, 'llama', (url) => ({
      config: gatewayFile('', '{prefix: /llama, strip: true, mode: check}'),
      caddyfile: (text) => addCheckedService(text, url),
    }))
  }, 90_000)
  afterAll(async () => {
    await gateway?.stop()
    await server?.stop()
  })

  const openai: EntryPoint = {
    name: 'openai',
    gateway: () => gateway,
    ...{ path: '/llama/v1', point: 'check', model: 'tiny' },
    watchServer: () => () => isLlamaIdle(server, null),
    restsWithinMs,
  }
  itServesOpenaiClients(openai)
  itSurvivesClosedConnections(openai)
  itEmbedsForOpenaiClients(openai)
  itServesAnthropicClients({ ...openai, path: '/llama' })
  itKeepsCredentials(openai, { listPath: '/models', serverKey: null })
})

/** The hand-written block of docs/guides/adding-a-service.md. */
function addCheckedService(caddyfile: string, url: string): string {
  const block = `	handle_path /llama/* {
		route {
			import gate llama
			reverse_proxy ${url} {
				import admitted
			}
		}
	}

`
  const place = '	# ---- everything else does not exist'
  if (!caddyfile.includes(place)) throw new Error('the Caddyfile has no place for a new service')
  return caddyfile.replace(place, () => block + place)
}
