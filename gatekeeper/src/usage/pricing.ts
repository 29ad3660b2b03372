/**
 * What tokens cost, offline and in integers. Prices are micro-dollars per million tokens; a sum is
 * rounded up once, to the next micro-dollar, so that many small requests are never free.
 */
import { createWildcard } from '../lib/wildcard.ts'
import type { Price, PriceRow } from '../policy/price.ts'
import type { Service } from '../policy/service.ts'
import { priceTable } from './price-table.ts'

/** The price of a model; null where it has none, and then it costs nothing. */
export type PriceList = (model: string) => Price | null

const million = 1_000_000

/** What so many tokens cost, in whole micro-dollars. Exact up to 1,000 USD per million tokens. */
export function costOf(price: Price, inputTokens: number, outputTokens: number): number {
  const { inputMicroUsdPerMillion: input, outputMicroUsdPerMillion: output } = price
  // Whole millions first: the product of the rest stays a safe integer.
  const millions =
    Math.floor(inputTokens / million) * input + Math.floor(outputTokens / million) * output
  const rest = (inputTokens % million) * input + (outputTokens % million) * output
  return millions + Math.ceil(rest / million)
}

/**
 * Makes one list of several, the first that knows a model deciding. Within one, an exact name comes
 * before a pattern, and of patterns the longest. Letter case does not count.
 */
export function createPriceList(lists: readonly (readonly PriceRow[])[]): PriceList {
  const prepared = lists.map(prepare)
  const known = new Map<string, Price | null>()
  return (model) => {
    const name = model.toLowerCase()
    const remembered = known.get(name)
    if (remembered !== undefined) return remembered
    const price = firstOf(prepared, name)
    // Names come from bodies: a stranger's inventions must not fill the memory.
    if (known.size < rememberedMax) known.set(name, price)
    return price
  }
}

/**
 * The list of each service: its own prices and, where models of others are sold through it, the
 * built-in ones. A model that runs here costs nothing unless the operator says so, whatever its name.
 */
export function createPriceLists(
  services: readonly Pick<Service, 'name' | 'kind' | 'prices'>[],
): (serviceName: string) => PriceList {
  const lists = new Map(
    services.map(({ name, kind, prices }) => [
      name,
      createPriceList(sellsForOthers(kind) ? [prices, priceTable] : [prices]),
    ]),
  )
  return (serviceName) => lists.get(serviceName) ?? freeOfCharge
}

const sellsForOthers = (kind: Service['kind']) => kind === 'openai' || kind === 'chat'

const freeOfCharge: PriceList = () => null

const rememberedMax = 1_000

type Prepared = {
  readonly exact: ReadonlyMap<string, Price>
  readonly patterns: readonly {
    readonly isMatch: (name: string) => boolean
    readonly price: Price
  }[]
}

function firstOf(lists: readonly Prepared[], name: string): Price | null {
  for (const { exact, patterns } of lists) {
    const price = exact.get(name) ?? patterns.find(({ isMatch }) => isMatch(name))?.price
    if (price) return price
  }
  return null
}

function prepare(rows: readonly PriceRow[]): Prepared {
  const named = rows.map(({ model, price }) => ({ model: model.toLowerCase(), price }))
  const patterns = named.filter(({ model }) => model.includes('*'))
  return {
    exact: new Map(named.map(({ model, price }) => [model, price])),
    patterns: patterns
      .sort((left, right) => right.model.length - left.model.length)
      .map(({ model, price }) => ({ isMatch: createWildcard(model), price })),
  }
}
