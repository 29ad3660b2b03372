import type { UsageForm } from '../policy/endpoint.ts'
import {
  createJsonWatch,
  type JsonWatch,
  type PlaceTree,
  textMax,
  toPlaceTree,
} from './json-watch.ts'
import { type Figure, type UsagePlaces, usagePlaces } from './usage-places.ts'

/** What the provider told; null where it told nothing of a side. */
export type Told = { readonly input: number | null; readonly output: number | null }

export type UsageReader = {
  readonly watch: JsonWatch
  /** The model that says it answered. */
  readonly model: () => string | null
  /** Under what id the upstream keeps the answer; null where it does not, or says it oddly. */
  readonly id: () => string | null
  readonly isEnding: () => boolean
  /** How many JSON values have come: the parts of a stream. */
  readonly values: () => number
  readonly told: () => Told
}

/** More tokens than any one answer has: a larger number is a mistake, or worse. */
const tokensMax = 100_000_000

/** Reads figures, model and ending out of the JSON of an answer; null where its form has none. */
export function createUsageReader(form: UsageForm): UsageReader | null {
  if (form === 'none') return null
  const { figures, models, ids = [], ending } = usagePlaces[form]
  const counts = new Map<Figure, number>()
  let model: string | null = null
  let id: string | null = null
  let isEnding = false
  let values = 0

  const count = (figure: Figure, text: string) => {
    const tokens = readCount(text)
    if (tokens !== null) counts.set(figure, Math.max(tokens, counts.get(figure) ?? 0))
  }
  const found = (place: number, text: string, isString: boolean) => {
    const figure = figures[place]?.[1]
    if (figure !== undefined) {
      if (!isString) count(figure, text)
    } else if (place >= figures.length + models.length + ids.length) {
      isEnding ||= ending?.values.includes(text) ?? false
    } else if (!isString || text === '') return
    else if (place < figures.length + models.length) model ??= text
    else id ??= text
  }
  const sum = (side: 'input' | 'output') => {
    const told = [...counts].filter(([figure]) => figure.startsWith(side))
    return told.length === 0 ? null : told.reduce((total, [, tokens]) => total + tokens, 0)
  }
  const ended = () => {
    values++
  }
  return {
    watch: createJsonWatch(trees[form], { found, ended }),
    model: () => model,
    // A longer one was cut, and would stand for every id that begins so.
    id: () => (id !== null && id.length < textMax && /^[\w.:=+/-]+$/.test(id) ? id : null),
    isEnding: () => isEnding,
    values: () => values,
    told: () => ({ input: sum('input'), output: sum('output') }),
  }
}

/** Made once: the places of a form are the same for every answer. */
const trees = Object.fromEntries(
  Object.entries(usagePlaces).map(([form, places]) => [form, toTree(places)]),
) as Readonly<Record<Exclude<UsageForm, 'none'>, PlaceTree>>

function toTree({ figures, models, ids = [], ending }: UsagePlaces): PlaceTree {
  const ends = ending === null ? [] : [ending.place]
  return toPlaceTree([...figures.map(([place]) => place), ...models, ...ids, ...ends])
}

function readCount(text: string): number | null {
  if (!/^\d{1,9}$/.test(text)) return null
  const count = Number(text)
  return count <= tokensMax ? count : null
}
