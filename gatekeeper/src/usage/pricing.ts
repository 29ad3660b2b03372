/**
 * Computes the cost of tokens, offline and in integers. Prices are micro-dollars per million
 * tokens; a sum is rounded up once, to the next micro-dollar, so that many small requests are never
 * free.
 */
import type { Price } from '../model/price.ts'
import type { Service } from '../model/service.ts'
import { createPriceFinder, type PriceList } from './price-finder.ts'
import { readPriceTable } from './price-table.ts'

const million = 1_000_000

/** Returns the cost of tokens in whole micro-dollars. Exact up to 1,000 USD per million tokens. */
export function costOf(price: Price, inputTokens: number, outputTokens: number): number {
  const isLong = price.long !== undefined && inputTokens > price.long.aboveInputTokens
  const rates = isLong ? price.long : price
  const { inputMicroUsdPerMillion: input, outputMicroUsdPerMillion: output } = rates
  // Whole millions first: the product of the rest stays a safe integer.
  const millions =
    Math.floor(inputTokens / million) * input + Math.floor(outputTokens / million) * output
  const rest = (inputTokens % million) * input + (outputTokens % million) * output
  return millions + Math.ceil(rest / million)
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
  services: readonly Pick<Service, 'name' | 'kind' | 'prices'>[],
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
function listFor({ kind }: Pick<Service, 'kind'>, list: PriceList): PriceList {
  if (!kind.sellsModels) return freeOfCharge
  const { provider } = kind
  return provider === undefined
    ? list
    : (model) => {
        const seller = provider.pricedAs ?? kind.name
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
