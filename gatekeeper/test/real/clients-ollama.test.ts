import { describe } from 'vitest'
import { clients } from './parts/clients.ts'
import { ollama } from './parts/ollama.ts'
import { itChargesTexts } from './support/charges.ts'
import { anthropicRows, ollamaRows, openaiRows } from './support/client-rows.ts'
import { itServesClients } from './support/client-suite.ts'
import { itKeepsCredentials } from './support/no-leaks.ts'
import { openOllamaHouse } from './support/ollama-house.ts'
import { areAvailable } from './support/provision.ts'

const isAvailable = await areAvailable(ollama, clients)

describe.skipIf(!isAvailable)('clients of an Ollama', { timeout: 60_000 }, () => {
  const doorAt = openOllamaHouse()
  // No grammar forces its model into a tool call.
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
  itChargesTexts(doorAt('/ollama', 'relay').house)
})
