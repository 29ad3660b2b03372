/**
 * Reads the usage of an answer as it passes, from the provider's own figures. If they are missing,
 * impossible, or cut off with the stream, it estimates from what was sent and received. Implausible
 * figures are not used, and any answer takes constant memory.
 */
import type { AnswerReader } from '../model/answer-reader.ts'
import type { Endpoint } from '../model/endpoint.ts'
import { noParts, type TokenParts } from '../model/price.ts'
import type { Usage } from '../model/usage.ts'
import { createFraming, type Framing, framingOf } from './answer-framing.ts'
import type { PriceList } from './price-finder.ts'
import { costOf } from './pricing.ts'
import { createUsageReader, type Told, type UsageReader } from './usage-reader.ts'

/** The facts of a request before its answer arrives. */
export type Asked = {
  readonly endpoint: Pick<Endpoint, 'usage' | 'output'>
  /** The models that it names, in their normal form. */
  readonly models: readonly string[]
  /** Whether a company answers, which bills what it did and not what arrived. */
  readonly isOfProvider?: boolean
  /** Bytes of its JSON body; 0 if it was streamed unread. */
  readonly promptBytes: number
  readonly priceOf: PriceList
  /** Whether the caller has a limit of money, for which the dearest price counts. */
  readonly isMoneyLimited?: boolean
  /**
   * Called with the id under which the upstream stores the answer, before the answer's end is sent.
   */
  readonly onStored?: (id: string) => void
  /** Called with the id of a stored item of the answer, before that part of the answer is sent. */
  readonly onItem?: (id: string) => void
}

const bytesPerToken = 4

/** Returns the reader of one request's answer. */
export function createAnswerReader(asked: Asked): AnswerReader {
  const usage = createUsageReader(asked.endpoint.usage, asked.onItem)
  let read: ((chunk: Buffer) => void) | null = null
  let framing: Framing | null = null
  let hasBegun = false
  let isError = false
  let bytes = 0

  return {
    begin: (status, fields) => {
      hasBegun = true
      isError = status >= 400
      framing = isError ? null : framingOf(fields)
      read = framing === null || usage === null ? null : createFraming(framing, usage.watch)
    },
    read: (chunk) => {
      bytes += chunk.length
      read?.(chunk)
    },
    isEnding: () => usage?.isEnding() ?? false,
    used: (outcome) => {
      // An upstream that failed or refused used nothing; one that was not waited for has read the
      // prompt.
      const isRefusal = isError || (outcome.kind === 'failed' && !hasBegun)
      if (isRefusal) return priced(asked, null, none)
      const id = usage?.id() ?? null
      if (id !== null) asked.onStored?.(id)
      const isStream = framing !== null && framing !== 'json'
      const isWhole = outcome.kind === 'answered' || usage?.isEnding() === true
      return usedOf({ usage, isStream, bytes, isWhole }, asked)
    },
  }
}

type Read = {
  readonly usage: UsageReader | null
  readonly isStream: boolean
  readonly bytes: number
  readonly isWhole: boolean
}

function usedOf({ usage, isStream, bytes, isWhole }: Read, asked: Asked): Usage {
  const told = usage?.told() ?? nothing
  const reading = { told, parts: isStream && usage ? usage.values() : null, bytes, isWhole }
  const seen = priced(asked, usage?.model() ?? null, complete(reading, asked))
  return hasUnseen(reading, asked) ? Object.assign(seen, { isAtLeast: true }) : seen
}

type Tokens = {
  readonly input: number
  readonly output: number
  readonly parts: TokenParts
  /** What the provider says that it costs; null if it says nothing. */
  readonly microUsd: number | null
  readonly isEstimated: boolean
}

const none: Tokens = { input: 0, output: 0, parts: noParts, microUsd: null, isEstimated: false }
const nothing: Told = { input: null, output: null, parts: noParts, microUsd: null }

type Reading = {
  readonly told: Told
  /** How many parts of a stream arrived; null if it is not a stream. */
  readonly parts: number | null
  readonly bytes: number
  readonly isWhole: boolean
}

/**
 * A provider also bills reasoning that nobody saw. What was seen still counts: a client could leave
 * before the figures of a long answer.
 */
function hasUnseen({ told, isWhole }: Reading, { isOfProvider }: Asked): boolean {
  return isOfProvider === true && !isWhole && told.output === null
}

function complete({ told, parts, bytes, isWhole }: Reading, asked: Asked): Tokens {
  const input = told.input ?? Math.ceil(asked.promptBytes / bytesPerToken)
  const { parts: kinds, microUsd } = told
  const rest = { parts: kinds, microUsd }
  // Embeddings, speech: there is no text output to count.
  if (asked.endpoint.output.length === 0) {
    const isEstimated = told.input === null || !isWhole
    return { input, output: told.output ?? 0, ...rest, isEstimated }
  }
  if (isUncounted(told)) return complete({ told: nothing, parts, bytes, isWhole }, asked)
  const guess = parts ?? Math.ceil(bytes / bytesPerToken)
  // Before its end, a stream only has the figures of its beginning.
  const output = isWhole ? (told.output ?? guess) : Math.max(told.output ?? 0, guess)
  const isEstimated = told.input === null || told.output === null || !isWhole
  return { input, output, ...rest, isEstimated }
}

/**
 * A text has a prompt, so zeros on both sides are not a count: LiteLLM writes them at the end of a
 * stream that it translates for Gemini's clients.
 */
function isUncounted({ input, output }: Told): boolean {
  return input === 0 && output === 0
}

function priced(asked: Asked, answered: string | null, tokens: Tokens): Usage {
  // A LiteLLM name is an alias of another model: then the answer says whose price applies.
  const names = [...asked.models, ...(answered === null ? [] : [answered])]
  const prices = names.map(asked.priceOf).filter((price) => price !== null)
  const { input, output, parts, microUsd: told } = tokens
  const costs = prices.map((price) => costOf(price, input, output, parts))
  // A provider may answer with another model than the first of those that a request allows.
  const ours = (asked.isOfProvider ? Math.max(0, ...costs) : costs[0]) ?? 0
  return {
    model: names[0] ?? null,
    inputTokens: input,
    outputTokens: output,
    microUsd: told === null ? ours : Math.max(told, asked.isMoneyLimited ? ours : 0),
    isEstimated: tokens.isEstimated,
  }
}
