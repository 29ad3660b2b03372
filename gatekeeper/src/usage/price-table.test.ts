import { describe, expect, test } from 'vitest'
import { readPriceTable } from './price-table.ts'

const priceOf = readPriceTable()
const perMillion = (name: string) => {
  const price = priceOf(name)
  return price && [price.inputMicroUsdPerMillion, price.outputMicroUsdPerMillion]
}

describe('the built-in prices', () => {
  test.each([
    ['gpt-4o', 2_500_000, 10_000_000],
    ['gpt-4o-2024-08-06', 2_500_000, 10_000_000],
    ['openai/gpt-4o-mini', 150_000, 600_000],
    ['azure/gpt-4o', 2_500_000, 10_000_000],
    ['house/gpt-4o', 2_500_000, 10_000_000],
    ['openrouter/openai/gpt-4o', 2_500_000, 10_000_000],
    ['claude-sonnet-4-20250514', 3_000_000, 15_000_000],
    ['vertex_ai/claude-3-5-haiku@20241022', 800_000, 4_000_000],
    ['gemini/gemini-2.5-flash', 300_000, 2_500_000],
    ['text-embedding-3-small', 20_000, 0],
    ['xai/grok-3', 3_000_000, 15_000_000],
    ['groq/llama-3.3-70b-versatile', 590_000, 790_000],
    ['bedrock/anthropic.claude-3-haiku-20240307-v1:0', 250_000, 1_250_000],
  ])('%s', (name, input, output) => {
    expect(perMillion(name)).toEqual([input, output])
  })

  test('a later snapshot has the price of its model', () => {
    expect(priceOf('gpt-4o-2031-01-01')).toEqual(priceOf('gpt-4o'))
    expect(priceOf('openai/gpt-4.1-latest')).toEqual(priceOf('gpt-4.1'))
  })

  test('a long prompt may cost more, for the whole request', () => {
    expect(priceOf('gemini/gemini-2.5-pro')?.long).toMatchObject({
      aboveInputTokens: 200_000,
      inputMicroUsdPerMillion: 2_500_000,
      outputMicroUsdPerMillion: 15_000_000,
    })
  })

  test.each([
    'llama3.2:latest',
    'ollama/llama3.2',
    'ollama_chat/deepseek-r1:7b',
    'deepseek-r1:7b',
    'hosted_vllm/openai/gpt-oss-120b',
    'gpt-oss-20b',
    'mistral-7b',
    'mixtral-8x7b',
    'gpt-4o:mine',
    'house-model',
    '',
    '/',
    'openai/',
    '__proto__/gpt',
    'constructor',
  ])('%j, which may run here, costs nothing', (name) => {
    expect(priceOf(name)).toBeNull()
  })

  test('every price is a number within the range of exact sums', () => {
    const names = ['gpt-4.5-preview', 'openai/o1-pro', 'openai/gpt-5-pro', 'mistral-large-latest']
    for (const name of names) {
      const [input = Number.NaN, output = Number.NaN] = perMillion(name) ?? []
      expect([name, input > 0 && input < 1e9, output > 0 && output < 1e9]).toEqual([
        ...[name, true, true],
      ])
    }
  })
})
