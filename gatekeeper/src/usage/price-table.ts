/**
 * List prices of well known models as of November 2025, for whoever sets none. They are a guess at
 * what a bill will say: no discounts for caches and batches, no tiers by length. Prices of one's own
 * come first.
 */
import type { PriceRow } from '../policy/price.ts'

/** Dollars per million tokens, input and output. */
const dollars: Readonly<Record<string, readonly [input: number, output: number]>> = {
  'gpt-5': [1.25, 10],
  'gpt-5-mini': [0.25, 2],
  'gpt-5-nano': [0.05, 0.4],
  'gpt-4.1': [2, 8],
  'gpt-4.1-mini': [0.4, 1.6],
  'gpt-4.1-nano': [0.1, 0.4],
  'gpt-4o': [2.5, 10],
  'gpt-4o-mini': [0.15, 0.6],
  'gpt-4-turbo': [10, 30],
  'gpt-3.5-turbo': [0.5, 1.5],
  o1: [15, 60],
  o3: [2, 8],
  'o3-mini': [1.1, 4.4],
  'o4-mini': [1.1, 4.4],
  'text-embedding-3-small': [0.02, 0],
  'text-embedding-3-large': [0.13, 0],
  'claude-opus-4-5': [5, 25],
  'claude-opus-4-1': [15, 75],
  'claude-opus-4': [15, 75],
  'claude-sonnet-4-5': [3, 15],
  'claude-sonnet-4': [3, 15],
  'claude-haiku-4-5': [1, 5],
  'claude-3-7-sonnet': [3, 15],
  'claude-3-5-sonnet': [3, 15],
  'claude-3-5-haiku': [0.8, 4],
  'claude-3-haiku': [0.25, 1.25],
  'gemini-2.5-pro': [1.25, 10],
  'gemini-2.5-flash': [0.3, 2.5],
  'gemini-2.5-flash-lite': [0.1, 0.4],
  'gemini-2.0-flash': [0.1, 0.4],
}

const microUsd = (amount: number) => Math.round(amount * 1_000_000)

/** Each model by its name, its dated snapshots and `latest`, also behind a provider's name. */
export const priceTable: readonly PriceRow[] = Object.entries(dollars).flatMap(
  ([name, [input, output]]) => {
    const price = {
      inputMicroUsdPerMillion: microUsd(input),
      outputMicroUsdPerMillion: microUsd(output),
    }
    return ['', '-20*', '-latest'].flatMap((suffix) =>
      ['', '*/'].map((prefix) => ({ model: `${prefix}${name}${suffix}`, price })),
    )
  },
)
