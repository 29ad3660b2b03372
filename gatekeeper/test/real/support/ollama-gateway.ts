import { afterAll, beforeAll } from 'vitest'
import { createUnhurried, ollama, watchAccessLog } from '../parts/ollama.ts'
import type { Running } from '../parts/part.ts'
import type { EntryPoint } from './entry-point.ts'
import { type Gateway, openGateway } from './gateway.ts'

/**
 * For a `describe`: starts the shipped gate in front of an Ollama with the model `tiny`, and stops
 * both. Returns a function that makes an entry point of it, which may be called before the suite.
 */
export function openOllamaGateway(): (path: string, point: EntryPoint['point']) => EntryPoint {
  let server: Running
  let gateway: Gateway
  beforeAll(async () => {
    server = await ollama.start({ models: ['base'] })
    await createUnhurried(server, 'tiny')
    gateway = await openGateway(server, 'ollama', (ollamaUrl) => ({ ollamaUrl }))
  }, 180_000)
  afterAll(async () => {
    await gateway?.stop()
    await server?.stop()
  })
  return (path, point) => ({
    ...{ name: path, path, point, model: 'tiny' },
    gateway: () => gateway,
    watchServer: () => watchAccessLog(server),
    restsWithinMs: { streamed: 2_000, unstreamed: 2_000 },
  })
}
