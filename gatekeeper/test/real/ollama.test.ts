import { afterAll, beforeAll, describe } from 'vitest'
import { createUnhurried, ollama, watchAccessLog } from './parts/ollama.ts'
import type { Running } from './parts/part.ts'
import { itServesAnthropicClients } from './support/anthropic-client.ts'
import type { Door } from './support/door.ts'
import { type House, openHouse } from './support/house.ts'
import { itKeepsCredentials } from './support/no-leaks.ts'
import { itServesOllamaClients } from './support/ollama-client.ts'
import {
  itEmbedsForOpenaiClients,
  itRespondsToOpenaiClients,
  itServesOpenaiClients,
} from './support/openai-client.ts'
import { areAvailable } from './support/provision.ts'

const isAvailable = await areAvailable(ollama)

describe.skipIf(!isAvailable)('Ollama behind the shipped gate', { timeout: 60_000 }, () => {
  let server: Running
  let house: House
  beforeAll(async () => {
    server = await ollama.start({ models: ['base'] })
    await createUnhurried(server, 'tiny')
    house = await openHouse(server, 'ollama', (ollamaUrl) => ({ ollamaUrl }))
  }, 180_000)
  afterAll(async () => {
    await house?.stop()
    await server?.stop()
  })

  const doorAt = (path: string, point: Door['point']): Door => ({
    ...{ name: path, path, point, model: 'tiny' },
    house: () => house,
    watchServer: () => watchAccessLog(server),
    restsWithinMs: { streamed: 2_000, unstreamed: 2_000 },
  })

  describe.each([doorAt('', 'relay'), doorAt('/ollama', 'relay'), doorAt('/chat', 'check')])(
    'native, $point at "$path"',
    (door) => {
      itServesOllamaClients(door)
      itServesAnthropicClients(door)
      itKeepsCredentials(door, { listPath: '/api/tags', serverKey: null })
    },
  )

  const compatible = [
    doorAt('/v1', 'relay'),
    doorAt('/ollama/v1', 'relay'),
    doorAt('/chat/v1', 'check'),
  ]
  describe.each(compatible)('compatible, $point at $path', (door) => {
    itServesOpenaiClients(door)
    itEmbedsForOpenaiClients(door)
    itRespondsToOpenaiClients(door)
    itKeepsCredentials(door, { listPath: '/models', serverKey: null })
  })
})
