import type { ChainHead } from '../../audit/chain.ts'

/** The end of a chain, as exported. */
export type ChainPlace = ChainHead & { readonly chain: string; readonly segment: number }

/** Returns whether a value of a file is one. */
export function isChainPlace(value: unknown): value is ChainPlace {
  const place = value as Partial<ChainPlace> | null
  return (
    typeof place === 'object' &&
    place !== null &&
    typeof place.chain === 'string' &&
    typeof place.hash === 'string' &&
    Number.isSafeInteger(place.segment) &&
    Number.isSafeInteger(place.sequence)
  )
}
