import { z } from 'zod'
import { parsedText } from '../lib/json/parsed-text.ts'
import { name, url } from './route-schema.ts'
import { isPageOrigin, parseWindow } from './widget-values.ts'

const amountForm = 'a number above zero, or off'

/** A bound of the widget: `off` switches it off, and zero is no bound. */
const amount = (usual: number, max = 1_000_000_000) =>
  z
    .union([z.int().min(1).max(max), z.literal('off')], amountForm)
    .meta({ form: amountForm })
    .default(usual)

const text = z.string().min(1).max(200)

const caps = z
  .strictObject({
    requestsPerWindow: amount(60).describe('Requests of one client address in a window'),
    window: z
      .union([
        z.int().min(1000).max(604_800_000),
        parsedText(parseWindow, 'must be a time such as 1 minute'),
      ])
      .meta({ form: 'a time such as 1 minute, or milliseconds' })
      .prefault('1 minute')
      .describe('The length of that window'),
    newTokensPerMinute: amount(10, 1_000_000).describe('New tokens for one client address'),
    requestsPerHour: amount(100).describe('Requests of one visitor'),
    tokensPerHour: amount(100_000).describe('Model tokens of one visitor'),
    tokensPerDayAndAddress: amount(200_000).describe('Model tokens of one client address'),
    promptChars: amount(32_000, 1_000_000).describe('Characters of all messages of a request'),
    outputTokens: amount(2_000, 1_000_000).describe('Tokens of one answer'),
    streamSeconds: amount(120, 86_400).describe('Seconds until an answer is cut'),
    networkShare: amount(20, 1_000_000).describe(
      'One network (/24, /48) may use this part of the budget of a day: 20 is a twentieth',
    ),
  })
  .prefault({})
  .describe('Bounds; `off` switches one off')

const budget = z
  .strictObject({
    usdPerMonth: z
      .union([z.number().min(0.01).max(1_000_000), z.literal('off')], amountForm)
      .meta({ form: amountForm })
      .default(20)
      .describe(
        'What all answers of a month may cost; then the widget is closed until the next one',
      ),
    requestsPerDay: amount(5_000).describe('Requests of everybody'),
    tokensPerDay: amount(2_000_000, 1_000_000_000_000).describe('Model tokens of everybody'),
  })
  .prefault({})
  .describe('What all visitors may use together. A month’s money or a day’s tokens must be bounded')

const challenge = z
  .union([
    z.literal('off'),
    z.strictObject({
      proofOfWork: z
        .int()
        .min(8)
        .max(26)
        .describe('Zero bits that the page must find by computing; 18 takes about a second'),
    }),
    z.strictObject({
      siteverify: z
        .strictObject({
          url: url.describe('Where the answer is checked, such as that of Turnstile or hCaptcha'),
          secretFile: text.describe('A file with the secret'),
          siteKey: text.describe('The public key for the page'),
        })
        .describe('A check by another company'),
    }),
  ])
  .default('off')
  .describe('What a page must do before it gets a token')

const origin = z
  .string()
  .refine(
    isPageOrigin,
    'must be a web origin such as https://shop.example (http for this machine only)',
  )

/** The member `widget` of `gatekeeper.yaml`. */
export const widgetSchema = z.strictObject({
  service: name
    .optional()
    .describe(
      'The service or provider that answers. Default: the first provider with a key, else LiteLLM or Ollama',
    ),
  origins: z
    .array(origin)
    .min(1)
    .meta({ examples: ['[https://shop.example]'] })
    .optional()
    .describe('Web origins of the pages; ALLOWED_ORIGIN comes first'),
  model: text.optional().describe('The model that answers; WIDGET_MODEL comes first'),
  models: z.array(text).max(100).default([]).describe('Further models that a page may choose'),
  prompt: z
    .string()
    .max(100_000)
    .optional()
    .describe('What the model is told first; SYSTEM_PROMPT comes first'),
  promptFile: text.optional().describe('A file with that text, relative to this one'),
  allowSystem: z
    .boolean()
    .default(false)
    .describe('Whether a page may add a text of its own to it'),
  temperature: z.number().min(0).max(2).optional().describe('Sent with every request if it is set'),
  singleUse: z.boolean().default(false).describe('Whether a token is good for one request only'),
  aliases: z
    .boolean()
    .default(false)
    .describe(
      'Whether /api/token, /api/tokens, /api/auth/exchange and, if it is free, /api/chat lead here too',
    ),
  challenge,
  caps,
  budget,
})

export type WidgetEntry = z.output<typeof widgetSchema>
