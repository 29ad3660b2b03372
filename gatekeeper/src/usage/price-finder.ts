import { createWildcard } from '../lib/wildcard.ts'
import type { Price, PriceRow } from '../model/price.ts'

/** Returns the price of a model; null if it has none, and then it costs nothing. */
export type PriceList = (model: string) => Price | null

/**
 * Finds prices by lower-case names. An exact name takes precedence over a pattern, and the longest
 * pattern over others.
 */
export function createPriceFinder(rows: readonly PriceRow[]): PriceList {
  const named = rows.map(({ model, price }) => ({ model: model.toLowerCase(), price }))
  const exact = new Map(named.map(({ model, price }) => [model, price]))
  const patterns = named
    .filter(({ model }) => model.includes('*'))
    .sort((left, right) => right.model.length - left.model.length)
    .map(({ model, price }) => ({ isMatch: createWildcard(model), price }))
  return (name) => exact.get(name) ?? patterns.find(({ isMatch }) => isMatch(name))?.price ?? null
}
