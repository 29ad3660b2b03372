import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { litellm, mockAnswer } from './parts/litellm.ts'
import { llamaServer } from './parts/llama-server.ts'
import type { Running } from './parts/part.ts'
import { itServesAnthropicClients } from './support/anthropic-client.ts'
import { type Door, messages } from './support/door.ts'
import { type House, openHouse } from './support/house.ts'
import { isLlamaIdle } from './support/llama-metrics.ts'
import { itKeepsCredentials } from './support/no-leaks.ts'
import {
  createOpenai,
  itEmbedsForOpenaiClients,
  itServesOpenaiClients,
} from './support/openai-client.ts'
import { areAvailable } from './support/provision.ts'

const isAvailable = await areAvailable(llamaServer, litellm)
// Asked with no gate between, it took up to 1.4 s to tell the llama-server behind it; and that one
// computes an answer that is not streamed to its end.
const restsWithinMs = { streamed: 60_000, unstreamed: 60_000 }
const masterKey = 'sk-master-0123456789abcdef'

describe.skipIf(!isAvailable)('LiteLLM behind the shipped gate', { timeout: 120_000 }, () => {
  let model: Running
  let server: Running
  let house: House
  beforeAll(async () => {
    model = await llamaServer.start({})
    const tiny = { apiBase: `${model.url}/v1`, model: 'tiny' }
    server = await litellm.start({ masterKey, models: { tiny } })
    house = await openHouse(server, 'litellm', (url) => ({
      env: { LITELLM_URL: url, LITELLM_MASTER_KEY: masterKey },
    }))
  }, 240_000)
  afterAll(async () => {
    await house?.stop()
    await server?.stop()
    await model?.stop()
  })

  const openai: Door = {
    name: 'openai',
    house: () => house,
    ...{ path: '/litellm/v1', point: 'relay', model: 'tiny' },
    watchServer: () => () => isLlamaIdle(model, null),
    restsWithinMs,
  }
  itServesOpenaiClients(openai)
  itEmbedsForOpenaiClients(openai)
  itServesAnthropicClients({ ...openai, path: '/litellm' })

  it('a client that leaves /v1 out is served as well', async () => {
    const client = createOpenai({ ...openai, path: '/litellm' }, house.people.ada.key)
    const answer = await client.chat.completions.create({ model: 'mock', messages })
    expect(answer.choices[0]?.message.content).toBe(mockAnswer)
  })

  it.each(['/key/generate', '/key/info', '/user/new', '/config/yaml', '/spend/logs', '/ui/'])(
    'administration is not there, even for a good key: %s',
    async (path) => {
      const { stack, people, tap } = house
      for (const method of ['GET', 'POST']) {
        const answer = await stack.send(`/litellm${path}`, { method, key: people.ada.key })
        expect(answer.status).toBe(404)
      }
      expect(tap.sent()).not.toContain(` ${path} HTTP/1.1`)
    },
  )

  it.each(['api_base', 'mock_response', 'user_config', 'fallbacks', 'num_retries'])(
    'a body may not make another client of it: %s',
    async (member) => {
      const { stack, people } = house
      const json = { model: 'tiny', messages, [member]: 'http://127.0.0.1:1' }
      const answer = await stack.send('/litellm/v1/chat/completions', { key: people.ada.key, json })
      expect(answer.status).toBe(400)
    },
  )

  itKeepsCredentials(openai, { listPath: '/models', serverKey: masterKey })
})
