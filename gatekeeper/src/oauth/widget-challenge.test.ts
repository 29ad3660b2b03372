import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createChallenges } from './widget-challenge.ts'

const shop = 'https://shop.example'
const noPost = () => Promise.reject(new Error('not here'))

function solve(challenge: string, bits: number): string {
  for (let at = 0; ; at++) {
    const digest = createHash('sha256').update(`${challenge}:${at}`).digest()
    if (BigInt(`0x${digest.toString('hex')}`) >> BigInt(256 - bits) === 0n) return String(at)
  }
}

describe('proof of work', () => {
  const setUp = () => {
    const state = { now: 1_000_000 }
    const bits = 10
    const challenges = createChallenges(
      { kind: 'proof-of-work', bits },
      { clock: () => state.now, postForm: noPost },
    )
    const view = challenges.describe(shop)
    if (view.kind !== 'proof-of-work') throw new Error('another kind')
    const { challenge } = view
    return { state, challenges, challenge, solution: solve(challenge, bits) }
  }

  it('counts once, for the origin that it was given to', async () => {
    const { challenges, challenge, solution } = setUp()
    const shown = { challenge, solution }
    expect(await challenges.isSolved(shown, 'https://evil.example')).toBe(false)
    const all = await Promise.all([1, 2, 3].map(() => challenges.isSolved(shown, shop)))
    expect(all).toEqual([true, false, false])
  })

  it('ends after two minutes', async () => {
    const { state, challenges, challenge, solution } = setUp()
    state.now += 120_000
    expect(await challenges.isSolved({ challenge, solution }, shop)).toBe(false)
  })

  it('is nothing else', async () => {
    const { challenges, challenge, solution } = setUp()
    const wrong = Number(solution) === 0 ? '1' : '0'
    const [random, , mac] = challenge.split('.')
    const later = `${random}.9999999999999.${mac}`
    const tried = [
      {},
      { challenge },
      { challenge, solution: wrong },
      { challenge: later, solution: solve(later, 10) },
      { challenge: `${challenge}.x`, solution },
      { challenge: 'a.b.c', solution: solve('a.b.c', 10) },
    ]
    for (const shown of tried) expect(await challenges.isSolved(shown, shop)).toBe(false)
  })
})

describe('the check of another company', () => {
  const terms = {
    kind: 'siteverify',
    url: 'https://verify.example/x',
    secret: 's',
    siteKey: 'k',
  } as const
  const withAnswer = (answer: () => Promise<string>) => {
    const sent: [string, string][] = []
    const postForm = (url: string, form: URLSearchParams) => {
      sent.push([url, form.toString()])
      return answer()
    }
    return { sent, challenges: createChallenges(terms, { clock: Date.now, postForm }) }
  }

  it.each<[object, boolean]>([
    [{ success: true }, true],
    [{ success: true, hostname: 'shop.example' }, true],
    [{ success: true, hostname: 'evil.example' }, false],
    [{ success: 'true' }, false],
    [{ success: false, 'error-codes': ['invalid-input-response'] }, false],
  ])('%o: %s', async (answer, expected) => {
    const { sent, challenges } = withAnswer(async () => JSON.stringify(answer))
    expect(challenges.describe(shop)).toEqual({ kind: 'siteverify', siteKey: 'k' })
    expect(await challenges.isSolved({ solution: 'r' }, shop)).toBe(expected)
    expect(sent).toEqual([['https://verify.example/x', 'secret=s&response=r']])
  })

  it('refuses while it cannot be asked, and asks for nothing without a solution', async () => {
    const { sent, challenges } = withAnswer(() => Promise.reject(new Error('secret=s')))
    await expect(challenges.isSolved({ solution: 'r' }, shop)).rejects.toMatchObject({
      ...{ reason: 'check-failed', message: 'check-failed' },
    })
    expect(await challenges.isSolved({}, shop)).toBe(false)
    expect(sent).toHaveLength(1)
  })
})

it('without one there is nothing to do', async () => {
  const challenges = createChallenges(null, { clock: Date.now, postForm: noPost })
  expect(challenges.describe(shop)).toEqual({ kind: 'none' })
  expect(await challenges.isSolved({}, shop)).toBe(true)
})
