import { afterAll, beforeAll } from 'vitest'
import { createUnhurried, ollama, watchAccessLog } from '../parts/ollama.ts'
import type { Running } from '../parts/part.ts'
import type { Door } from './door.ts'
import { type House, openHouse } from './house.ts'

/**
 * For a `describe`: starts the shipped gate in front of an Ollama with the model `tiny`, and stops
 * both. Returns a function that makes an entry point of it, which may be called before the suite.
 */
export function openOllamaHouse(): (path: string, point: Door['point']) => Door {
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
  return (path, point) => ({
    ...{ name: path, path, point, model: 'tiny' },
    house: () => house,
    watchServer: () => watchAccessLog(server),
    restsWithinMs: { streamed: 2_000, unstreamed: 2_000 },
  })
}
