/**
 * List prices of commercial models, used if the operator sets none: an estimate of the bill without
 * discounts for batches, and without prices per hour, page or image. Generated from
 * genai-prices (scripts/prices/); the table itself names its version and date.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createWildcard } from '../lib/wildcard.ts'
import type { Price, PriceRow, Rates } from '../model/price.ts'
import { createPriceFinder, type PriceList } from './price-finder.ts'

/** If a provider has no price of its own for a model, it sells it at another provider's price. */
const othersOf: Readonly<Record<string, readonly string[]>> = {
  azure: ['openai', 'anthropic', 'deepseek', 'x-ai', 'moonshotai'],
  google: ['anthropic'],
}

/** LiteLLM's prefixes that differ from the table's provider names. */
const providerNames: Readonly<Record<string, string>> = {
  azure_ai: 'azure',
  bedrock: 'aws',
  bedrock_converse: 'aws',
  codestral: 'mistral',
  cohere_chat: 'cohere',
  fireworks_ai: 'fireworks',
  gemini: 'google',
  github_copilot: 'github-copilot',
  moonshot: 'moonshotai',
  'text-completion-openai': 'openai',
  together_ai: 'together',
  vertex_ai: 'google',
  voyage: 'voyageai',
  xai: 'x-ai',
}

/**
 * The provider of a name without a prefix: only if nobody else can run that model. Open weights
 * (`gpt-oss`, `mistral-7b`) may run on this machine, and then they cost nothing.
 */
const makers = (
  [
    ['anthropic', 'claude*'],
    ['google', 'gemini*'],
    ['openai', 'gpt-* chatgpt-* ft:gpt-* o1* o3* o4* text-embedding-* codex-mini*'],
    ['x-ai', 'grok-*'],
    ['mistral', 'mistral-*-latest codestral-latest magistral-*-latest pixtral-large-latest'],
    ['deepseek', 'deepseek-chat deepseek-reasoner'],
  ] as const
).flatMap(([provider, patterns]) =>
  patterns.split(' ').map((pattern) => ({ provider, isMatch: createWildcard(pattern) })),
)
const openWeights = createWildcard('gpt-oss*')

const tableFile = join(import.meta.dirname, 'price-table.csv')

/** Reads the table once. The list finds prices by lower-case names, in LiteLLM's form. */
export function readPriceTable(): PriceList {
  const finders = new Map(
    [...readRows(readFileSync(tableFile, 'utf8'))].map(([id, rows]) => [
      id,
      createPriceFinder(rows),
    ]),
  )
  const findAt = (provider: string, model: string): Price | null => {
    const sellers = [provider, ...(othersOf[provider] ?? [])]
    for (const name of [model, undated(model)]) {
      const prices = sellers.map((id) => finders.get(id)?.(name) ?? null)
      const price = prices.find((found) => found !== null)
      if (price !== undefined) return price
    }
    return null
  }
  return (name) => {
    const slash = name.indexOf('/')
    const prefix = slash === -1 ? '' : name.slice(0, slash)
    const provider = providerNames[prefix] ?? prefix
    if (finders.has(provider)) return findAt(provider, name.slice(slash + 1))
    // An unknown prefix before a model that only its maker can run.
    const model = name.slice(name.lastIndexOf('/') + 1)
    const maker = makerOf(model)
    return maker === null ? null : findAt(maker, model)
  }
}

function makerOf(model: string): string | null {
  // A tag is typical of models that Ollama runs.
  const isRunHere = openWeights(model) || (model.includes(':') && !model.startsWith('ft:'))
  if (isRunHere) return null
  return makers.find(({ isMatch }) => isMatch(model))?.provider ?? null
}

/** A snapshot that is newer than the table gets the price of its model. */
const undated = (model: string) => model.replace(/-(?:20\d{2}-?\d{2}-?\d{2}|latest)$/, '')

const microUsd = (dollars: string | undefined) => Math.round(Number(dollars) * 1_000_000)

function readRows(text: string): ReadonlyMap<string, readonly PriceRow[]> {
  const rows = new Map<string, PriceRow[]>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [provider = '', models = '', ...columns] = line.split(',')
    const price = readPrice(columns)
    const own = rows.get(provider) ?? []
    own.push(...models.split(' ').map((model) => ({ model, price })))
    rows.set(provider, own)
  }
  return rows
}

/** Other rates of a row, by the letter that stands before each. */
const marks = {
  r: 'cacheReadMicroUsdPerMillion',
  w: 'cacheWriteMicroUsdPerMillion',
  h: 'cacheHourMicroUsdPerMillion',
  t: 'reasoningMicroUsdPerMillion',
} as const

function readPrice(columns: readonly string[]): Price {
  const plain = columns.filter((column) => !column.includes('='))
  const [input, output, above, longInput, longOutput] = plain
  const price = {
    inputMicroUsdPerMillion: microUsd(input),
    outputMicroUsdPerMillion: microUsd(output),
    ...readMarked(columns, 0),
  }
  if (above === undefined) return price
  const long = {
    aboveInputTokens: Number(above),
    inputMicroUsdPerMillion: microUsd(longInput),
    outputMicroUsdPerMillion: microUsd(longOutput),
    ...readMarked(columns, 1),
  }
  return { ...price, long }
}

/** `r=0.3` or, with a rate for long prompts, `r=0.3/0.6`. */
function readMarked(columns: readonly string[], at: 0 | 1): Partial<Rates> {
  const pairs = Object.entries(marks).flatMap(([mark, member]) => {
    const rates = columns
      .find((column) => column.startsWith(`${mark}=`))
      ?.slice(2)
      .split('/')
    return rates === undefined ? [] : [[member, microUsd(rates[at] ?? rates[0])] as const]
  })
  return Object.fromEntries(pairs)
}
