/**
 * Each refusal of both points, to four clients that speak HTTP/2, 200 times, with bodies of 0 B,
 * 2 B, 1 MiB and 40 MiB. The longest are sent 5 times each unless CI_FULL is 1.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cellsOf, expectWhole, lengths, startRefusing } from '../support/refusals/cells.ts'
import { curl, nodeHttp2, provideGo, provideHttpx } from '../support/refusals/clients.ts'
import { type Stack, testCaddy } from '../support/stack.ts'

const isFull = process.env['CI_FULL'] === '1'
const clients = [
  { name: 'curl', client: curl },
  { name: 'Node', client: nodeHttp2 },
  { name: 'httpx', client: await provideHttpx() },
  { name: 'Go', client: await provideGo() },
]

describe.skipIf(testCaddy === null)('every refusal over HTTP/2 is complete', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startRefusing()
  })
  afterAll(() => stack?.stop())

  for (const { name, client } of clients) {
    for (const bytes of lengths) {
      const repeat = bytes <= 1024 * 1024 || isFull ? 200 : 5
      const title = `to ${name} that sends ${bytes} bytes, ${repeat} times`
      it.skipIf(client === null)(title, { timeout: 3_600_000 }, async () => {
        const cells = cellsOf([bytes])
        expect(cells.length).toBeGreaterThan(7)
        if (client !== null) expectWhole(await client(stack, cells, repeat), cells, repeat)
      })
    }
  }
})
