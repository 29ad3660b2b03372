import { afterAll, beforeAll } from 'vitest'
import { createUnhurried, ollama, watchAccessLog } from '../parts/ollama.ts'
import type { Running } from '../parts/part.ts'
import type { Door } from './door.ts'
import { type House, openHouse } from './house.ts'

/**
 * For a `describe`: opens the shipped gate before an Ollama with the model `tiny`, and closes both.
 * Returns how a door of it is made, which may be asked for before the suite.
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
