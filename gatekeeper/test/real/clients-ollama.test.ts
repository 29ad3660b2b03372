import { afterAll, beforeAll, describe } from 'vitest'
import { clients } from './parts/clients.ts'
import { createUnhurried, ollama, watchAccessLog } from './parts/ollama.ts'
import type { Running } from './parts/part.ts'
import { anthropicRows, ollamaRows, openaiRows } from './support/client-rows.ts'
import { itServesClients } from './support/client-suite.ts'
import type { Door } from './support/door.ts'
import { type House, openHouse } from './support/house.ts'
import { itKeepsCredentials } from './support/no-leaks.ts'
import { areAvailable } from './support/provision.ts'

const isAvailable = await areAvailable(ollama, clients)

describe.skipIf(!isAvailable)('clients of an Ollama', { timeout: 60_000 }, () => {
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
  // No grammar holds its model to a tool call.
  const lacks = () => ['tools'] as const

  describe('native, relayed', () => {
    itServesClients({ door: doorAt('/ollama', 'relay'), rows: ollamaRows, lacks })
  })
  describe('native, checked', () => {
    const rows = ollamaRows.filter(({ kind }) => kind !== 'litellm')
    itServesClients({ door: doorAt('/chat', 'check'), rows, lacks })
  })
  describe('compatible, relayed', () => {
    const rows = [...openaiRows, ...anthropicRows]
    itServesClients({ door: doorAt('/ollama', 'relay'), rows, lacks })
  })
  itKeepsCredentials(doorAt('/ollama', 'relay'), {
    ...{ listPath: '/api/tags', serverKey: null, answersMin: 12 },
  })
})
