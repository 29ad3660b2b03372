import { type Limit, limitExamples, parseLimit } from '../../gatekeeper/src/model/limit.ts'
import { listOf, showWord, stringOf, type Words } from '../frame/words.ts'

/** The options of `add` and `edit` that limit a key. */
export const limitOptions = {
  limit: { type: 'string', multiple: true },
  concurrent: { type: 'string' },
  model: { type: 'string', multiple: true },
  'cloud-models': { type: 'boolean' },
  weight: { type: 'string' },
} as const

export const limitHelp = [
  '--limit L       60/min, 200k-tokens/day, 5usd/month, "100/hour burst 20": docs/guides/limits.md',
  '--concurrent N  requests at a time, waiting and running',
  "--model M       models that it may use; * stands for any text: 'llama3.2:*'",
  '--cloud-models  may use models that run at the vendor of Ollama',
  '--weight N      its share of the queue, 1 to 100; 1 if not given',
]

export type ReadLimits = {
  /** Left out if the option is not given. */
  readonly limits?: readonly Limit[]
  readonly models?: readonly string[]
  readonly cloudModels?: boolean
  readonly weight?: number
}

/** Reads what was given; adds everything that is wrong to `faults`. */
export function readLimits(words: Words, faults: string[]): ReadLimits {
  const limits = readLimitList(words, faults)
  const models = words.values['model'] === undefined ? undefined : listOf(words, 'model')
  const weight = readCount(words, 'weight', { max: 100, faults })
  return {
    ...(limits !== undefined && { limits }),
    ...(models !== undefined && { models }),
    ...(words.values['cloud-models'] === true && { cloudModels: true }),
    ...(weight !== undefined && { weight }),
  }
}

function readLimitList(words: Words, faults: string[]): readonly Limit[] | undefined {
  const concurrent = readCount(words, 'concurrent', { max: 1_000_000, faults })
  const texts = [
    ...listOf(words, 'limit'),
    ...(concurrent === undefined ? [] : [`${concurrent}-concurrent`]),
  ]
  if (texts.length === 0 && words.values['limit'] === undefined) return undefined
  const limits = texts.map((text) => {
    const limit = parseLimit(text)
    if (limit === null) {
      faults.push(`--limit ${showWord(text)} is not a limit; limits look like ${limitExamples}`)
    }
    return limit
  })
  return limits.filter((limit) => limit !== null)
}

type Bounds = { readonly max: number; readonly faults: string[] }

function readCount(words: Words, name: string, { max, faults }: Bounds): number | undefined {
  const text = stringOf(words, name)
  if (text === undefined) return undefined
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= max) return count
  faults.push(`--${name} must be a whole number from 1 to ${max}`)
  return undefined
}
