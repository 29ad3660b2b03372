import { describe } from 'vitest'
import { clients } from './parts/clients.ts'
import { ollama } from './parts/ollama.ts'
import { itChargesTexts } from './support/charges.ts'
import { anthropicRows, ollamaRows, openaiRows } from './support/client-rows.ts'
import { itServesClients } from './support/client-suite.ts'
import { itKeepsCredentials } from './support/no-leaks.ts'
import { openOllamaGateway } from './support/ollama-gateway.ts'
import { areAvailable } from './support/provision.ts'

const isAvailable = await areAvailable(ollama, clients)

describe.skipIf(!isAvailable)('clients of an Ollama', { timeout: 60_000 }, () => {
  const entryPointAt = openOllamaGateway()
  // No grammar forces its model into a tool call.
  const lacks = () => ['tools'] as const

  describe('native, relayed', () => {
    itServesClients({ entryPoint: entryPointAt('/ollama', 'relay'), rows: ollamaRows, lacks })
  })
  describe('native, checked', () => {
    const rows = ollamaRows.filter(({ kind }) => kind !== 'litellm')
    itServesClients({ entryPoint: entryPointAt('/chat', 'check'), rows, lacks })
  })
  describe('compatible, relayed', () => {
    const rows = [...openaiRows, ...anthropicRows]
    itServesClients({ entryPoint: entryPointAt('/ollama', 'relay'), rows, lacks })
  })
  itKeepsCredentials(entryPointAt('/ollama', 'relay'), {
    ...{ listPath: '/api/tags', serverKey: null, answersMin: 12 },
  })
  itChargesTexts(entryPointAt('/ollama', 'relay').gateway)
})
