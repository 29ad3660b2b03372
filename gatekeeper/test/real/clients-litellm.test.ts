import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clients } from './parts/clients.ts'
import { litellm } from './parts/litellm.ts'
import { llamaServer } from './parts/llama-server.ts'
import { createUnhurried, ollama, watchAccessLog } from './parts/ollama.ts'
import type { Running } from './parts/part.ts'
import { itChargesTexts } from './support/charges.ts'
import type { Act } from './support/client-process.ts'
import { anthropicRows, type ClientRow, openaiRows } from './support/client-rows.ts'
import { itServesClients } from './support/client-suite.ts'
import type { EntryPoint } from './support/entry-point.ts'
import { type Gateway, openGateway } from './support/gateway.ts'
import { isLlamaIdle } from './support/llama-metrics.ts'
import { itKeepsCredentials } from './support/no-leaks.ts'
import { areAvailable } from './support/provision.ts'

const isAvailable = await areAvailable(ollama, llamaServer, litellm, clients)
const masterKey = 'sk-master-0123456789abcdef'

/**
 * Client → Caddy → gatekeeper, which holds LiteLLM's master key → LiteLLM → Ollama, llama-server.
 */
describe.skipIf(!isAvailable)('clients of LiteLLM before an Ollama', { timeout: 60_000 }, () => {
  let models: { ollama: Running; llama: Running }
  let server: Running
  let gateway: Gateway
  beforeAll(async () => {
    models = {
      ollama: await ollama.start({ models: ['base'] }),
      llama: await llamaServer.start({ callsTools: true }),
    }
    await createUnhurried(models.ollama, 'small')
    server = await litellm.start({ masterKey, models: offer(models) })
    gateway = await openGateway(server, 'litellm', (url) => ({
      env: { LITELLM_URL: url, LITELLM_MASTER_KEY: masterKey },
    }))
  }, 240_000)
  afterAll(async () => {
    await gateway?.stop()
    await server?.stop()
    await models?.llama.stop()
    await models?.ollama.stop()
  })

  const entryPoint: EntryPoint = {
    name: 'litellm',
    gateway: () => gateway,
    ...{ path: '/litellm', point: 'relay', model: 'small' },
    watchServer: () => watchAccessLog(models.ollama),
    // Without the gate in between, LiteLLM took up to 1.4 s to pass an abort on to the server
    // behind it.
    restsWithinMs: { streamed: 60_000, unstreamed: 60_000 },
  }
  const rows = [...openaiRows, ...anthropicRows]
  describe('in front of the Ollama', () => {
    itServesClients({ entryPoint, rows, embeddingModel: 'vectors', lacks })

    it('every model of LiteLLM is listed, by its public name', async () => {
      const { stack, people } = gateway
      const answer = await stack.send('/litellm/v1/models', { key: people.reader.key })
      const { data } = JSON.parse(answer.text) as { data: { id: string }[] }
      expect(data.map(({ id }) => id)).toEqual(['small', 'vectors', 'tools', 'mock'])
    })
  })
  describe('in front of the llama-server', () => {
    const watchServer = () => () => isLlamaIdle(models.llama, null)
    const tools: EntryPoint = { ...entryPoint, model: 'tools', watchServer }
    itServesClients({ entryPoint: tools, rows: rows.filter(isBriefly) })
  })
  const options = { listPath: '/models', serverKey: masterKey, answersMin: 12 }
  itKeepsCredentials({ ...entryPoint, path: '/litellm/v1' }, options)
  itChargesTexts(() => gateway)
})

/**
 * No grammar forces this model into a tool call. And openai 5 asks for embeddings in base64 and
 * decodes any answer; LiteLLM drops the option when it translates, and answers with numbers.
 */
function lacks({ file }: ClientRow): readonly Act[] {
  return file === 'openai-5.mjs' ? ['tools', 'embed'] : ['tools']
}

/** One of each API: the others were all used above. */
function isBriefly({ file }: ClientRow): boolean {
  return ['openai-5.mjs', 'use_openai.py', 'use_anthropic.py', 'ai-sdk-compatible.mjs'].includes(
    file,
  )
}

function offer({ ollama: { url }, llama }: { ollama: Running; llama: Running }) {
  return {
    small: { provider: 'ollama_chat', apiBase: url, model: 'small' },
    vectors: { provider: 'ollama', apiBase: url, model: 'small' },
    tools: { apiBase: `${llama.url}/v1`, model: 'tiny' },
  } as const
}
