import { z } from 'zod'
import { parsedText } from '../lib/json/parsed-text.ts'
import { limitExamples, parseLimit, type QuotaLimit, windowMsOf } from '../model/limit.ts'
import { readsUsual } from '../policy/policies.ts'

export const seconds = z.number().positive().max(86_400)

const limit = parsedText(parseLimit, `is not a limit; limits look like ${limitExamples}`)

/** The limit of reads of each caller; not a limit of tokens, money or concurrency. */
export const reads = z
  .string()
  .default(readsUsual)
  .transform((text, context): QuotaLimit => {
    const parsed = parseLimit(text)
    if (parsed?.kind === 'quota' && parsed.unit === 'requests') return parsed
    context.addIssue({
      code: 'custom',
      message: `must be a limit of requests such as ${readsUsual}`,
    })
    return z.NEVER
  })

export const limitList = z
  .array(limit)
  .max(50)
  .meta({ examples: ['[60/min, 200k-tokens/day]'] })
export const limits = limitList.default([])

/** A limit of an address is counted in memory, as a rate. */
export const addressRate = z.string().transform((text, context): QuotaLimit => {
  const parsed = parseLimit(text)
  const isRate = parsed?.kind === 'quota' && windowMsOf(parsed) !== null
  if (isRate && parsed.unit === 'requests') return parsed
  const message = 'must be a limit of requests by minutes or hours such as 100/15min'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

export const perAddress = z
  .array(addressRate)
  .max(10)
  .meta({ examples: ['[100/15min]'] })
  .default([])

export const modelList = z
  .array(z.string().min(1).max(200))
  .meta({ examples: ["['llama3.2:*', qwen3]"] })

const cap = z.int().min(0).nullable().default(null)

export const caps = z
  .strictObject({
    keepAliveSeconds: cap.describe('Longest `keep_alive` of a request'),
    contextTokens: cap.describe('Largest context (`num_ctx`) of a request'),
    outputTokens: cap.describe('Largest number of output tokens of a request'),
    imageBytes: cap.describe('Largest image of a request, in bytes'),
  })
  .optional()

export const rolePolicy = z.strictObject({
  limits: limits.describe('Limits of each key of this role'),
  models: modelList.default([]).describe('Models that this role may use; empty: all'),
  cloudModels: z
    .boolean()
    .nullable()
    .default(null)
    .describe("Whether this role may use models that run at Ollama's vendor"),
  caps: caps.describe('Bounds of a single request'),
  weight: z
    .int()
    .min(1)
    .max(100)
    .nullable()
    .default(null)
    .describe('Share of a key of this role in the queue, compared with other keys'),
  capOutput: z
    .boolean()
    .nullable()
    .default(null)
    .describe('Whether output above a cap is cut; otherwise the request is refused'),
})

/** What everybody of a team shares, and may use at most. */
export const teamPolicy = z.strictObject({
  limits: limits.describe('Limits of everybody of the team together'),
  services: z
    .array(z.string().min(1).max(200))
    .meta({ examples: ['[ollama]'] })
    .optional()
    .describe('Services that the team may use, of those that its keys name. Default: all of them'),
  models: modelList.default([]).describe('Models that the team may use; empty: all'),
})

export const queue = z.strictObject({
  waiting: z
    .int()
    .min(0)
    .max(100_000)
    .default(512)
    .describe('How many requests may wait for the service'),
  waitingPerKey: z
    .int()
    .min(0)
    .max(100_000)
    .optional()
    .describe('How many of them may be of one key. Default: half'),
  longestWaitSeconds: seconds.default(120).describe('How long a request may wait'),
})

const usdPerMillion = z
  .number()
  .min(0)
  .max(1_000)
  .transform((usd) => Math.round(usd * 1_000_000))

const price = z
  .strictObject({
    inputUsdPerMillion: usdPerMillion.describe('US dollars for a million input tokens'),
    outputUsdPerMillion: usdPerMillion.describe('US dollars for a million output tokens'),
    cacheReadUsdPerMillion: usdPerMillion
      .optional()
      .describe('The same for input from a cache. Default: as input'),
    cacheWriteUsdPerMillion: usdPerMillion
      .optional()
      .describe('The same for input that is written into a cache. Default: as input'),
    reasoningUsdPerMillion: usdPerMillion
      .optional()
      .describe('The same for reasoning that is counted beside the output. Default: as output'),
  })
  .transform((price) => ({
    inputMicroUsdPerMillion: price.inputUsdPerMillion,
    outputMicroUsdPerMillion: price.outputUsdPerMillion,
    ...(price.cacheReadUsdPerMillion !== undefined && {
      cacheReadMicroUsdPerMillion: price.cacheReadUsdPerMillion,
    }),
    ...(price.cacheWriteUsdPerMillion !== undefined && {
      cacheWriteMicroUsdPerMillion: price.cacheWriteUsdPerMillion,
    }),
    ...(price.reasoningUsdPerMillion !== undefined && {
      reasoningMicroUsdPerMillion: price.reasoningUsdPerMillion,
    }),
  }))

/** Prices by the names of models, in which `*` stands for any text. */
export const prices = z.record(z.string().min(1).max(200), price)
