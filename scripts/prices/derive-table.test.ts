import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { calcPrice, type MatchLogic, type Provider } from '@pydantic/genai-prices'
import { describe, expect, it } from 'vitest'
import { noParts } from '../../gatekeeper/src/model/price.ts'
import { readPriceTable } from '../../gatekeeper/src/usage/price-table.ts'
import { costOf } from '../../gatekeeper/src/usage/pricing.ts'
import { derivePriceTable, readProviders } from './derive-table.ts'

const file = join(resolve(import.meta.dirname, '../..'), 'gatekeeper/src/usage/price-table.csv')
const table = readFileSync(file, 'utf8')
const day = /as of (\S+) /.exec(table)?.[1] ?? ''
const providers = await readProviders()

it('the table is what the installed version gives (else: npm run prices)', () => {
  expect(table).toBe(derivePriceTable(providers, day))
})

describe('what the gatekeeper reads from it is what genai-prices says itself', () => {
  const priceOf = readPriceTable()
  const sold = providers.flatMap((provider) =>
    provider.models.flatMap(({ match }) => namesOf(match).map((name) => ({ provider, name }))),
  )

  /** Micro-dollars for tokens alone, at the dearest hour: a budget must not hope for the night. */
  const dearest = (
    provider: Provider,
    name: string,
    [input, output, read = 0, written = 0]: Tokens,
  ) => {
    const hours = provider.id === 'deepseek' ? Array.from({ length: 24 }, (_, at) => at) : [12]
    const prices = hours.map((hour) => {
      const timestamp = new Date(Date.parse(`${day}T00:30:00Z`) + hour * 3_600_000)
      const cache = { cache_read_tokens: read, cache_write_tokens: written }
      const usage = { input_tokens: input, output_tokens: output, ...cache }
      const price = calcPrice(usage, name, { provider, timestamp })
      return price === null ? 0 : price.input_price + price.output_price
    })
    return Math.ceil(Number((Math.max(...prices) * 1e6).toFixed(3)))
  }
  const ours = (provider: Provider, name: string, tokens: Tokens) => {
    const price = priceOf(`${provider.id}/${name}`.toLowerCase())
    const [input, output, cacheRead = 0, cacheWritten = 0] = tokens
    return price === null
      ? 0
      : costOf(price, input, output, { ...noParts, cacheRead, cacheWritten })
  }

  it.each([
    ['short', [1_000, 1_000]],
    ['long', [900_000, 1_000]],
    ['cached', [100_000, 1_000, 60_000]],
    ['long and cached', [900_000, 1_000, 800_000]],
  ] as const)('for every name of every model, with a %s prompt', (_, tokens) => {
    const different = sold
      .map(({ provider, name }) => ({
        name: `${provider.id}/${name}`,
        ours: ours(provider, name, tokens),
        theirs: dearest(provider, name, tokens),
      }))
      .filter(({ ours, theirs }) => ours !== theirs)
    expect(different).toEqual([])
    expect(sold.length).toBeGreaterThan(2_000)
  })
})

type Tokens = readonly [input: number, output: number, read?: number, written?: number]

/** Names that a condition accepts; those that it describes by an expression are left out. */
function namesOf(match: MatchLogic): string[] {
  if ('or' in match) return match.or.flatMap(namesOf)
  if ('equals' in match) return [match.equals]
  if ('starts_with' in match) return [match.starts_with]
  if ('ends_with' in match) return [match.ends_with]
  return 'contains' in match ? [match.contains] : []
}
