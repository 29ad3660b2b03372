import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runEvents } from './events.ts'

const folder = mkdtempSync(join(tmpdir(), 'gk-bench-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Starts a server that writes these texts to every request. */
async function serve(name: string, texts: readonly string[]) {
  const socketPath = join(folder, name)
  const server = createServer((request, response) => {
    request.resume()
    for (const text of texts) response.write(text)
    response.end()
  })
  await once(server.listen(socketPath), 'listening')
  const plan = {
    kind: 'events',
    target: { socketPath },
    fields: {},
    streams: 2,
    events: 3,
  } as const
  const tally = await runEvents(plan)
  server.closeAllConnections()
  server.close()
  return tally
}

const event = (n: number) => `data: {"n":${n},"at":${1000 + n * 50},"id":"x"}\n\n`

describe('streams', () => {
  it('are complete if every event arrived once, in any chunks', async () => {
    const text = event(0) + event(1) + event(2)
    const tally = await serve('whole', [text.slice(0, 15), text.slice(15), 'data: [DONE]\n\n'])
    expect(tally).toMatchObject({ streams: 2, events: 6, dropped: 0, incomplete: 0 })
    expect(tally.largestSentGapMs).toBe(50)
  })

  it('a missing or repeated event counts as dropped', async () => {
    expect(await serve('missing', [event(0), event(2)])).toMatchObject({ dropped: 4 })
    const twice = await serve('twice', [event(0), event(1), event(1)])
    expect(twice.dropped).toBeGreaterThan(0)
  })
})
