import { describe, expect, test } from 'vitest'
import { readPriceFile } from './price-file.ts'

test('prices are read into integer micro-dollars, from YAML and from JSON', () => {
  const yaml = 'gpt-5*: {inputUsdPerMillion: 1.25, outputUsdPerMillion: 10}\n'
  const json = '{"gpt-5*":{"inputUsdPerMillion":1.25,"outputUsdPerMillion":10}}'
  const price = { inputMicroUsdPerMillion: 1_250_000, outputMicroUsdPerMillion: 10_000_000 }
  for (const text of [yaml, json]) {
    expect(readPriceFile(text, 'prices.yaml')).toEqual({
      ...{ rows: [{ model: 'gpt-5*', price }], problems: [] },
    })
  }
})

test('an empty file has no prices', () => {
  expect(readPriceFile('', 'prices.yaml')).toEqual({ rows: [], problems: [] })
})

describe('a faulty price file', () => {
  test('gives all problems, each with its place, and no price', () => {
    const text = `good: {inputUsdPerMillion: 1, outputUsdPerMillion: 1}
dear: {inputUsdPerMillion: 1001, outputUsdPerMillion: 1}
half: {inputUsdPerMillion: 1}
`
    const { rows, problems } = readPriceFile(text, 'prices.yaml')
    expect(rows).toEqual([])
    expect(problems).toMatchObject([
      { source: 'prices.yaml', line: 2, column: 8 },
      { source: 'prices.yaml', line: 3 },
    ])
    for (const { remedy } of problems) expect(remedy).toContain('inputUsdPerMillion')
  })

  test.each(['a: [', '- x', 'a: {inputUsdPerMillion: -1, outputUsdPerMillion: 0}', '"x"'])(
    '%s',
    (text) => {
      const { rows, problems } = readPriceFile(text, 'prices.yaml')
      expect(rows).toEqual([])
      expect(problems.length).toBeGreaterThan(0)
    },
  )
})
