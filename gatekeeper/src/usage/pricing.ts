/**
 * Computes the cost of tokens, offline and in integers. Prices are micro-dollars per million
 * tokens; a sum is rounded up once, to the next micro-dollar, so that many small requests are never
 * free.
 */
import { noParts, type Price, type Rates, type TokenParts } from '../model/price.ts'
import { providerOf, type Service } from '../model/service.ts'
import { createPriceFinder, type PriceList } from './price-finder.ts'
import { readPriceTable } from './price-table.ts'

const million = 1_000_000

/** Returns the cost of tokens in whole micro-dollars. Exact up to 1,000 USD per million tokens. */
export function costOf(
  price: Price,
  inputTokens: number,
  outputTokens: number,
  parts: TokenParts = noParts,
): number {
  const isLong = price.long !== undefined && inputTokens > price.long.aboveInputTokens
  const items = itemsOf(isLong ? price.long : price, { inputTokens, outputTokens, parts })
  // Whole millions first: the product of the rest stays a safe integer.
  let [millions, rest] = [0, 0]
  for (const [tokens, rate] of items) {
    millions += Math.floor(tokens / million) * rate
    rest += (tokens % million) * rate
  }
  return millions + Math.ceil(rest / million)
}

/** Anthropic's price of what is cached for an hour, as a multiple of its input. */
const hourFactor = 2

type Counted = {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly parts: TokenParts
}

/** Returns tokens with their rates. Parts that are larger than their sum count as the sum. */
function itemsOf(rates: Rates, counted: Counted): readonly (readonly [number, number])[] {
  const { inputTokens, outputTokens, parts } = counted
  const { inputMicroUsdPerMillion: input, outputMicroUsdPerMillion: output } = rates
  const written = Math.min(parts.cacheWritten, inputTokens)
  const forHour = Math.min(parts.cachedForHour, written)
  const read = Math.min(parts.cacheRead, inputTokens - written)
  const reasoning = Math.min(parts.reasoning, outputTokens)
  const write = rates.cacheWriteMicroUsdPerMillion ?? input
  return [
    [inputTokens - written - read, input],
    [read, rates.cacheReadMicroUsdPerMillion ?? input],
    [written - forHour, write],
    [forHour, rates.cacheHourMicroUsdPerMillion ?? Math.max(write, hourFactor * input)],
    [outputTokens - reasoning, output],
    [reasoning, rates.reasoningMicroUsdPerMillion ?? output],
  ]
}

/** Combines several lists: the first one that knows a model decides. Letter case is ignored. */
export function createPriceList(lists: readonly PriceList[]): PriceList {
  const known = new Map<string, Price | null>()
  return (model) => {
    const name = model.toLowerCase()
    const remembered = known.get(name)
    if (remembered !== undefined) return remembered
    const price = firstOf(lists, name)
    // Names come from bodies: invented names must not fill the memory.
    if (known.size < rememberedMax) known.set(name, price)
    return price
  }
}

/**
 * Returns the list of each service: its own prices and, if it sells models of other providers, the
 * built-in ones. A model that runs locally costs nothing unless the operator sets a price, whatever
 * its name.
 */
export function createPriceLists(
  services: readonly Pick<Service, 'name' | 'kind' | 'prices' | 'widget'>[],
): (serviceName: string) => PriceList {
  // If no service sells models, the table is not read.
  const builtIn = services.some(({ kind }) => kind.sellsModels) ? [readPriceTable()] : []
  const lists = new Map(
    services.map((service) => [
      service.name,
      createPriceList([
        createPriceFinder(service.prices),
        ...builtIn.map((list) => listFor(service, list)),
      ]),
    ]),
  )
  return (serviceName) => lists.get(serviceName) ?? freeOfCharge
}

/** A provider sells at its own prices; names at other services say themselves whose model they mean. */
function listFor(service: Pick<Service, 'kind' | 'widget'>, list: PriceList): PriceList {
  const { kind, widget } = service
  if (!kind.sellsModels) return freeOfCharge
  const provider = providerOf(service)
  return provider === null
    ? list
    : (model) => {
        const seller = provider.pricedAs ?? widget?.behind ?? kind.name
        const found = list(`${seller}/${model}`)
        // `:nitro` and `:online` choose how a model is run; `accounts/…/` is whose it is.
        const plain = model.replace(/:[a-z]+$/, '').replace(/^accounts\/[^/]+\/models\//, '')
        return found ?? (plain === model ? null : list(`${seller}/${plain}`))
      }
}

const freeOfCharge: PriceList = () => null

const rememberedMax = 1_000

function firstOf(lists: readonly PriceList[], name: string): Price | null {
  for (const priceOf of lists) {
    const price = priceOf(name)
    if (price !== null) return price
  }
  return null
}
