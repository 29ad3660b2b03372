import { describe } from 'vitest'
import { ollama } from './parts/ollama.ts'
import { itServesAnthropicClients } from './support/anthropic-client.ts'
import { itKeepsCredentials } from './support/no-leaks.ts'
import { itServesOllamaClients } from './support/ollama-client.ts'
import { openOllamaHouse } from './support/ollama-house.ts'
import {
  itEmbedsForOpenaiClients,
  itRespondsToOpenaiClients,
  itServesOpenaiClients,
} from './support/openai-client.ts'
import { areAvailable } from './support/provision.ts'

const isAvailable = await areAvailable(ollama)

describe.skipIf(!isAvailable)('Ollama behind the shipped gate', { timeout: 60_000 }, () => {
  const doorAt = openOllamaHouse()

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
