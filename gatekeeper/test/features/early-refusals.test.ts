import { afterAll, beforeAll, describe, it } from 'vitest'
import { cellsOf, expectWhole, lengths, startRefusing } from '../support/refusals/cells.ts'
import { type Client, curl, nodeHttp2 } from '../support/refusals/clients.ts'
import { type Stack, testCaddy } from '../support/stack.ts'

// The whole matrix, with httpx and Go and 200 times each, is slow/early-refusals.
describe.skipIf(testCaddy === null)(
  'a refusal over HTTP/2 is complete, whatever body is sent',
  () => {
    let stack: Stack
    beforeAll(async () => {
      stack = await startRefusing()
    })
    afterAll(() => stack?.stop())

    it.each<[string, Client]>([
      ['curl', curl],
      ['Node', nodeHttp2],
    ])('to %s', async (_, client) => {
      const short = cellsOf(lengths.slice(0, 3))
      expectWhole(await client(stack, short, 3), short, 3)
      const long = cellsOf(lengths.slice(3))
      expectWhole(await client(stack, long, 1), long, 1)
    })
  },
)
