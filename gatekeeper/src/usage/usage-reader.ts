import type { TokenParts } from '../model/price.ts'
import type { Figure, UsageForm } from '../model/usage-form.ts'
import { JsonWatch, type PlaceTree, textMax, toPlaceTree } from './json-watch.ts'

/** The provider's figures; null if it reported none for a side, or no cost. */
export type Told = {
  readonly input: number | null
  readonly output: number | null
  readonly parts: TokenParts
  /** Its own price, in integer micro-dollars. */
  readonly microUsd: number | null
}

export type UsageReader = {
  readonly watch: JsonWatch
  /** Returns the model that the answer names. */
  readonly model: () => string | null
  /**
   * Returns the id under which the upstream stores the answer; null if there is none, or it is
   * malformed.
   */
  readonly id: () => string | null
  readonly isEnding: () => boolean
  /** Returns how many JSON values have arrived: the parts of a stream. */
  readonly values: () => number
  readonly told: () => Told
}

/** More tokens than any answer has: a larger number is a mistake or an attack. */
const tokensMax = 100_000_000

/** More items than one answer has; each of them occurs three times in a stream. */
const itemsMax = 512

/**
 * Reads figures, model, ids and end markers from the JSON of an answer; null if its form has none.
 * `onItem` is called with each item id as it passes, so that none is kept here.
 */
export function createUsageReader(
  form: UsageForm | null,
  onItem: (id: string) => void = () => {},
): UsageReader | null {
  if (form === null) return null
  const { figures, models, ids = [], items = [], cost, ending } = form
  const counts = new Map<Figure, number>()
  let model: string | null = null
  let id: string | null = null
  let itemsSeen = 0
  let isEnding = false
  let microUsd: number | null = null
  let values = 0

  const count = (figure: Figure, text: string) => {
    const tokens = readCount(text)
    if (tokens !== null) counts.set(figure, Math.max(tokens, counts.get(figure) ?? 0))
  }
  const takeText = (place: number, text: string) => {
    if (place < models.length) model ??= text
    else if (place < models.length + ids.length) id ??= text
    else if (itemsSeen++ < itemsMax && isPlainId(text)) onItem(text)
  }
  const textsTo = figures.length + models.length + ids.length + items.length
  const costAt = cost === undefined ? -1 : textsTo
  const takeNumber = (place: number, text: string) => {
    const figure = figures[place]?.[1]
    if (figure !== undefined) count(figure, text)
    else microUsd = largerOf(readCost(text), microUsd)
  }
  const found = (place: number, text: string, isString: boolean) => {
    if (place < figures.length || place === costAt) {
      if (!isString) takeNumber(place, text)
    } else if (place >= textsTo) isEnding ||= ending?.values.includes(text) ?? false
    else if (isString && text !== '') takeText(place - figures.length, text)
  }
  const sum = (side: 'input' | 'output') => {
    const told = [...counts].filter(([figure]) => figure.startsWith(side))
    return told.length === 0 ? null : told.reduce((total, [, tokens]) => total + tokens, 0)
  }
  const ended = () => {
    values++
  }
  return {
    watch: new JsonWatch(treeOf(form), { found, ended }),
    model: () => model,
    id: () => (id !== null && isPlainId(id) ? id : null),
    isEnding: () => isEnding,
    values: () => values,
    told: () => ({ input: sum('input'), output: sum('output'), parts: partsOf(counts), microUsd }),
  }
}

/** Anthropic counts the parts beside its input, all others within it. */
function partsOf(counts: ReadonlyMap<Figure, number>): TokenParts {
  const most = (...figures: Figure[]) => Math.max(0, ...figures.map((one) => counts.get(one) ?? 0))
  return {
    cacheRead: most('input-read', 'within-read'),
    cacheWritten: most('input-written', 'within-written'),
    cachedForHour: most('within-hour'),
    reasoning: most('output-thoughts'),
  }
}

/** A longer id was truncated, and would match every id with that prefix. */
const isPlainId = (id: string) => id.length < textMax && /^[\w.:=+/-]+$/.test(id)

/** Created once for each form: its places are the same for every answer. */
const trees = new Map<UsageForm, PlaceTree>()

function treeOf(form: UsageForm): PlaceTree {
  const tree = trees.get(form) ?? toTree(form)
  trees.set(form, tree)
  return tree
}

function toTree({ figures, models, ids = [], items = [], cost, ending }: UsageForm): PlaceTree {
  const ends = [...(cost === undefined ? [] : [cost]), ...(ending === null ? [] : [ending.place])]
  return toPlaceTree([...figures.map(([place]) => place), ...models, ...ids, ...items, ...ends])
}

function readCount(text: string): number | null {
  if (!/^\d{1,9}$/.test(text)) return null
  const count = Number(text)
  return count <= tokensMax ? count : null
}

function largerOf(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other)
}

/** More than any answer costs, in US dollars. */
const usdMax = 10_000

function readCost(text: string): number | null {
  const usd = Number(text)
  // Rounded as a decimal number first: 0.000123 is 122.99999999999999 millionths.
  const isPrice = text !== '' && usd >= 0 && usd <= usdMax
  return isPrice ? Math.ceil(Number((usd * 1_000_000).toFixed(3))) : null
}
