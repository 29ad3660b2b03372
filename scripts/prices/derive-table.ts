/**
 * Makes the table of built-in prices out of the data of genai-prices. That package weighs 18 MB of
 * memory wherever it is loaded, so the gatekeeper has the table alone and no package: what changes
 * with a new version of it is read in a diff, and nothing of it runs beside credentials.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import {
  type MatchLogic,
  type ModelPrice,
  type Provider,
  type TieredPrices,
  waitForUpdate,
} from '@pydantic/genai-prices'

/** The data that comes with the package: without `updatePrices` nothing is fetched. */
export async function readProviders(): Promise<readonly Provider[]> {
  return (await waitForUpdate()) ?? []
}

/** The table, as it is in `gatekeeper/src/usage/price-table.csv`, of a day such as `2026-11-22`. */
export function derivePriceTable(providers: readonly Provider[], day: string): string {
  const asOf = Date.parse(`${day}T00:00:00Z`)
  const rows = providers.flatMap(({ id, models }) =>
    models.flatMap(({ match, prices }) => {
      const price = priceAt(prices, asOf)
      const names = [...new Set(patternsOf(match))]
      return names.length === 0 || price === null ? [] : [`${id},${names.join(' ')},${price}`]
    }),
  )
  return `${head(day)}\n${rows.join('\n')}\n`
}

type Prices = Provider['models'][number]['prices']

/**
 * Of what holds on the day; where the hour decides, the dearest. `INPUT,OUTPUT`, and for long prompts
 * `,ABOVE,INPUT,OUTPUT`. Null if no tokens are paid for (hours of sound, pages).
 */
function priceAt(prices: Prices, asOf: number): string | null {
  if (!Array.isArray(prices)) return describePrice(prices)
  const dated = prices.filter(
    ({ constraint }) =>
      constraint === undefined ||
      (constraint.type === 'start_date' && Date.parse(constraint.start_date) <= asOf),
  )
  const timed = prices.filter(({ constraint }) => constraint?.type === 'time_of_date')
  const candidates = [...dated.slice(-1), ...timed].map(({ prices }) => prices)
  const [dearest] = candidates.toSorted((left, right) => weigh(right) - weigh(left))
  return dearest === undefined ? null : describePrice(dearest)
}

const weigh = (price: ModelPrice) => base(price['input_mtok']) + base(price['output_mtok'])
const isTiered = (rate: Rate): rate is TieredPrices => typeof rate === 'object'
const base = (rate: Rate) => (isTiered(rate) ? rate.base : (rate ?? 0))

type Rate = number | TieredPrices | undefined

/** Rates beside those for input and output, with the letters of `price-table.ts`. */
const marked = [
  ['r', 'cache_read_mtok'],
  ['w', 'cache_write_mtok'],
  ['h', 'cache_write_1h_mtok'],
  ['t', 'output_reasoning_mtok'],
] as const

function describePrice(price: ModelPrice) {
  const { input_mtok: input, output_mtok: output, ...others } = price
  const isByTokens = input !== undefined || output !== undefined
  if (!isByTokens && Object.keys(others).length > 0) return null
  const [tier] = [input, output].flatMap((rate) => (isTiered(rate) ? rate.tiers : []))
  const usual = `${base(input)},${base(output)}`
  const more = marked.flatMap(([mark, member]) => {
    const rate = price[member]
    if (rate === undefined) return []
    const long = tier === undefined ? base(rate) : above(rate, tier.start)
    return [`,${mark}=${base(rate)}${long === base(rate) ? '' : `/${long}`}`]
  })
  const long =
    tier === undefined
      ? ''
      : `,${tier.start},${above(input, tier.start)},${above(output, tier.start)}`
  return usual + long + more.join('')
}

function above(rate: Rate, start: number): number {
  const tier = isTiered(rate) ? rate.tiers.find((tier) => tier.start === start) : undefined
  return tier?.price ?? base(rate)
}

/** The names that a condition accepts, in which `*` stands for any text. */
function patternsOf(match: MatchLogic): string[] {
  if ('or' in match) return match.or.flatMap(patternsOf)
  // The only such condition says what a name begins with, and excepts what has a row of its own.
  if ('and' in match) return match.and.flatMap(patternsOf)
  if ('equals' in match) return [match.equals]
  if ('starts_with' in match) return [`${match.starts_with}*`]
  if ('ends_with' in match) return [`*${match.ends_with}`]
  if ('contains' in match) return [`*${match.contains}*`]
  return patternOfRegex(match.regex)
}

/** All that their expressions say is "and a date"; what says something else gives no row. */
function patternOfRegex(regex: string): string[] {
  const plain = regex
    .replace(/^\^/, '')
    .replace(/\\d\{(?:4\}-\\d\{2\}-\\d\{2|8)\}\$$/, '20*')
    .replace(/\$$/, '')
    .replaceAll(/\\([.[\]])/g, '$1')
  return /[\\^$()|?+{}]/.test(plain) ? [] : [plain]
}

/** Whose data it is, of what version and day, and their licence, which asks to be with it. */
function head(day: string): string {
  const main = createRequire(import.meta.url).resolve('@pydantic/genai-prices')
  const read = (name: string) => readFileSync(join(dirname(main), '..', name), 'utf8')
  const { version } = JSON.parse(read('package.json')) as { readonly version: string }
  const lines = [
    'Made by `npm run prices`; nothing here is written by hand.',
    `List prices as of ${day} from @pydantic/genai-prices ${version}, under this licence:`,
    '',
    ...read('LICENSE').trim().split('\n'),
    '',
    'Columns: provider, names of models, US dollars per million tokens in and out; for a request with',
    'more tokens in than the fifth says, the sixth and seventh. Then, after a letter, what has a rate',
    'of its own, and after a slash that of such a request: r= read from a cache, w= written into it,',
    'h= for an hour, t= reasoning that is counted beside the output.',
  ]
  return lines.map((line) => `# ${line}`.trimEnd()).join('\n')
}
