import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { kindsByName } from '../../test/support/questions.ts'
import { noParts } from '../model/price.ts'
import { createPriceFinder } from './price-finder.ts'
import { readPriceTable } from './price-table.ts'
import { costOf, createPriceList, createPriceLists } from './pricing.ts'

const price = (input: number, output = input) => ({
  inputMicroUsdPerMillion: input,
  outputMicroUsdPerMillion: output,
})

describe('a sum', () => {
  test.each([
    [price(2_500_000, 10_000_000), 1_000, 500, 7_500],
    [price(150_000, 600_000), 1, 0, 1],
    [price(150_000, 600_000), 10, 10, 8],
    [price(0), 1_000_000, 1_000_000, 0],
    [price(1_000_000_000), 100_000_000, 100_000_000, 200_000_000_000],
  ])('%j for %i and %i tokens is %i micro-dollars', (list, input, output, expected) => {
    expect(costOf(list, input, output)).toBe(expected)
  })

  test('equals exact arithmetic, rounded up', () => {
    const micro = fc.integer({ min: 0, max: 1_000_000_000 })
    const tokens = fc.integer({ min: 0, max: 400_000_000 })
    fc.assert(
      fc.property(micro, micro, tokens, tokens, (one, two, input, output) => {
        const sum = BigInt(one) * BigInt(input) + BigInt(two) * BigInt(output)
        const expected = (sum + 999_999n) / 1_000_000n
        expect(BigInt(costOf(price(one, two), input, output))).toBe(expected)
      }),
    )
  })
})

test('a request with a long prompt costs the long price as a whole', () => {
  const long = { aboveInputTokens: 200_000, ...price(2_000_000, 4_000_000) }
  const list = { ...price(1_000_000, 2_000_000), long }
  expect(costOf(list, 200_000, 10)).toBe(200_020)
  expect(costOf(list, 200_001, 10)).toBe(400_042)
})

describe('parts with a price of their own', () => {
  const list = {
    ...price(3_000_000, 15_000_000),
    ...{ cacheReadMicroUsdPerMillion: 300_000, cacheWriteMicroUsdPerMillion: 3_750_000 },
    reasoningMicroUsdPerMillion: 2_000_000,
  }
  test.each([
    ['read from a cache', { cacheRead: 1_000_000 }, 300_000],
    ['written into it', { cacheWritten: 1_000_000 }, 3_750_000],
    [
      'written for an hour: twice the input',
      { cacheWritten: 1_000_000, cachedForHour: 1_000_000 },
      6_000_000,
    ],
    ['read and written', { cacheRead: 400_000, cacheWritten: 600_000 }, 2_370_000],
    [
      'more than there is: all of it, once',
      { cacheRead: 9_000_000, cacheWritten: 9_000_000 },
      3_750_000,
    ],
  ])('input %s', (_, parts, expected) => {
    expect(costOf(list, 1_000_000, 0, { ...noParts, ...parts })).toBe(expected)
  })

  test('reasoning that is counted beside the output has its own', () => {
    expect(costOf(list, 0, 1_000_000, { ...noParts, reasoning: 400_000 })).toBe(9_800_000)
  })

  test('cost what input and output cost where a row says nothing of them', () => {
    const parts = { cacheRead: 10, cacheWritten: 20, cachedForHour: 0, reasoning: 5 }
    expect(costOf(price(7_000_000, 9_000_000), 100, 10, parts)).toBe(790)
  })

  test('are in the built-in table, also for a long prompt', () => {
    const sonnet = readPriceTable()('anthropic/claude-sonnet-4-5')
    expect(sonnet).toMatchObject({
      ...{ cacheReadMicroUsdPerMillion: 300_000, cacheWriteMicroUsdPerMillion: 3_750_000 },
      cacheHourMicroUsdPerMillion: 6_000_000,
      long: { cacheReadMicroUsdPerMillion: 600_000, cacheWriteMicroUsdPerMillion: 7_500_000 },
    })
  })
})

describe('a list', () => {
  const own = [
    { model: 'gpt-*', price: price(1) },
    { model: 'gpt-5*', price: price(2) },
    { model: 'gpt-5-mini', price: price(3) },
  ]
  test.each([
    ['gpt-5-mini', 3],
    ['GPT-5-Mini', 3],
    ['gpt-5-mini-2026', 2],
    ['gpt-4o', 1],
  ])('%s: exact before pattern, long before short', (model, expected) => {
    expect(createPriceList([createPriceFinder(own)])(model)).toEqual(price(expected))
  })

  test('an earlier list decides, also for a free model', () => {
    const free = createPriceFinder([{ model: 'gpt-4o', price: price(0) }])
    const later = createPriceFinder(own)
    expect(createPriceList([free, later])('gpt-4o')).toEqual(price(0))
    expect(createPriceList([free, later])('gpt-5')).toEqual(price(2))
  })

  test('invented model names do not fill the memory, and answers stay correct beyond it', () => {
    const priceOf = createPriceList([createPriceFinder(own)])
    for (let at = 0; at < 5_000; at++) priceOf(`invented-${at}`)
    expect(priceOf('gpt-5-mini')).toEqual(price(3))
    expect(priceOf('invented-1')).toBeNull()
  })
})

describe('a service', () => {
  const own = [{ model: 'llama*', price: price(5) }]
  const of = createPriceLists([
    { name: 'litellm', kind: kindsByName.openai, prices: own },
    { name: 'ollama', kind: kindsByName.ollama, prices: own },
  ])

  test('that offers models of others has their prices too', () => {
    expect(of('litellm')('gpt-4o')).toMatchObject(price(2_500_000, 10_000_000))
    expect(of('litellm')('OpenAI/GPT-4o')).toMatchObject(price(2_500_000, 10_000_000))
    expect(of('litellm')('llama3')).toEqual(price(5))
  })

  test('has its own price before the built-in one, also if that is different or missing', () => {
    const cheaper = [
      { model: 'gpt-4o', price: price(1) },
      { model: 'claude-*', price: price(0) },
    ]
    const priceOf = createPriceLists([{ name: 'a', kind: kindsByName.openai, prices: cheaper }])(
      'a',
    )
    expect(priceOf('gpt-4o')).toEqual(price(1))
    expect(priceOf('claude-opus-4-5')).toEqual(price(0))
    expect(priceOf('gpt-4o-mini')).toMatchObject(price(150_000, 600_000))
  })

  test('that runs models here has its own prices only, whatever the name of a model', () => {
    expect(of('ollama')('gpt-4o')).toBeNull()
    expect(of('ollama')('llama3')).toEqual(price(5))
    expect(of('unheard')('gpt-4o')).toBeNull()
  })
})
