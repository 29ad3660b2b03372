import { describe, expect, it } from 'vitest'
import { createChallenges } from './widget-challenge.ts'
import { createWidgetTokens, type PageRequest, type WidgetTokensDeps } from './widget-tokens.ts'

const page: PageRequest = {
  ...{ origin: 'https://shop.example', referer: null, fetchSite: 'cross-site' },
  ...{ host: 'ai.example:8443', clientAddress: '192.0.2.1' },
}
const clock = () => 1_000_000
const postForm = () => Promise.reject(new Error('not here'))

function createTokens(changes: Partial<WidgetTokensDeps> = {}) {
  const granted: unknown[][] = []
  const tokens = createWidgetTokens({
    grant: async (...given) => {
      granted.push(given)
      return 'token'
    },
    origins: ['https://shop.example'],
    challenge: createChallenges(null, { clock, postForm }),
    ...{ limiter: null, retryAfterSeconds: 6, findUser: async () => null },
    ...changes,
  })
  return { tokens, granted }
}

describe('a page', () => {
  it.each<[Partial<PageRequest>, string | null]>([
    [{}, 'https://shop.example'],
    [{ referer: 'https://shop.example/basket?x=1' }, 'https://shop.example'],
    [{ referer: 'https://shop.example.evil.example/' }, null],
    [{ referer: 'nonsense' }, null],
    [{ origin: 'https://SHOP.example' }, null],
    [{ origin: 'null' }, null],
    [{ origin: null }, null],
    [{ origin: null, fetchSite: null }, null],
    [{ origin: null, fetchSite: 'same-site' }, null],
    [{ origin: null, fetchSite: 'none' }, null],
    [{ origin: null, fetchSite: 'same-origin' }, 'https://ai.example:8443'],
    [{ origin: 'https://ai.example:8443' }, 'https://ai.example:8443'],
    [{ origin: 'https://ai.example' }, null],
  ])('%o counts as %s', (changes, origin) => {
    const { tokens } = createTokens()
    const judge = () => tokens.judgePage({ ...page, ...changes })
    if (origin === null) expect(judge).toThrow('origin-not-allowed')
    else expect(judge()).toBe(origin)
  })
})

it('a full limit refuses before a challenge is looked at', async () => {
  let looked = 0
  const { tokens, granted } = createTokens({
    limiter: { take: () => false, giveBack: () => {} },
    challenge: {
      describe: () => ({ kind: 'none' }),
      isSolved: async () => {
        looked++
        return true
      },
    },
  })
  await expect(tokens.issue(page, {})).rejects.toMatchObject({
    ...{ reason: 'rate-limited', detail: { retryAfterSeconds: 6 } },
  })
  expect([looked, granted]).toEqual([0, []])
})

it('an unsolved challenge gives no token', async () => {
  const challenge = createChallenges({ kind: 'proof-of-work', bits: 20 }, { clock, postForm })
  const { tokens, granted } = createTokens({ challenge })
  await expect(tokens.issue(page, {})).rejects.toMatchObject({ reason: 'challenge-unsolved' })
  expect(granted).toEqual([])
})

it('an exchange gives a token of the user, and never one of nobody', async () => {
  const findUser = async (token: string) => (token === 'good' ? 'https://login#ada' : null)
  const { tokens, granted } = createTokens({ findUser })
  await expect(tokens.exchange(page, 'bad')).rejects.toMatchObject({ reason: 'malformed-token' })
  expect(await tokens.exchange(page, 'good')).toBe('token')
  expect(granted).toEqual([['https://shop.example', 'https://login#ada']])
})
