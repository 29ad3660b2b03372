import { describe } from 'vitest'
import { ollama } from './parts/ollama.ts'
import { itServesAnthropicClients } from './support/anthropic-client.ts'
import { itKeepsCredentials } from './support/no-leaks.ts'
import { itServesOllamaClients } from './support/ollama-client.ts'
import { openOllamaGateway } from './support/ollama-gateway.ts'
import {
  itEmbedsForOpenaiClients,
  itRespondsToOpenaiClients,
  itServesOpenaiClients,
} from './support/openai-client.ts'
import { areAvailable } from './support/provision.ts'

const isAvailable = await areAvailable(ollama)

describe.skipIf(!isAvailable)('Ollama behind the shipped gate', { timeout: 60_000 }, () => {
  const entryPointAt = openOllamaGateway()

  describe.each([
    entryPointAt('', 'relay'),
    entryPointAt('/ollama', 'relay'),
    entryPointAt('/chat', 'check'),
  ])('native, $point at "$path"', (entryPoint) => {
    itServesOllamaClients(entryPoint)
    itServesAnthropicClients(entryPoint)
    itKeepsCredentials(entryPoint, { listPath: '/api/tags', serverKey: null })
  })

  const compatible = [
    entryPointAt('/v1', 'relay'),
    entryPointAt('/ollama/v1', 'relay'),
    entryPointAt('/chat/v1', 'check'),
  ]
  describe.each(compatible)('compatible, $point at $path', (entryPoint) => {
    itServesOpenaiClients(entryPoint)
    itEmbedsForOpenaiClients(entryPoint)
    itRespondsToOpenaiClients(entryPoint)
    itKeepsCredentials(entryPoint, { listPath: '/models', serverKey: null })
  })
})
