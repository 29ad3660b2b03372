import { z } from 'zod'
import { isCanonicalPath } from '../lib/path.ts'
import { type CredentialField, credentialFieldNames } from '../policy/credential-fields.ts'
import { type Limit, limitExamples, parseLimit, type QuotaLimit } from '../policy/limit.ts'
import { isWebOrigin } from '../policy/origin.ts'
import { readsUsual } from '../policy/policies.ts'
import { serviceKinds } from '../policy/service.ts'
import { issuersSchema } from './issuer-schema.ts'
import { tls } from './tls-schema.ts'
import { isUpstreamUrl, parseUpstreamUrl } from './upstream-url.ts'

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and hyphens')

const prefix = z
  .string()
  .refine(
    (text) => isCanonicalPath(text) && /^\/[a-z0-9._~/-]*[a-z0-9_~-]$/.test(text),
    'must be a path such as /tts: lower case, no slash at its end',
  )

/** A path in which `{name}` stands for one segment, and `{+name}` at the end for all that follow. */
function isPathPattern(text: string): boolean {
  const plain = text.replace(/(?<=\/)\{\+[a-z]+\}$/, 'x').replace(/(?<=\/)\{[a-z]+\}(?=\/|$)/g, 'x')
  return isCanonicalPath(plain) && !plain.includes('*')
}

const webSocketForm =
  'must be a path such as /ws or /api/kernels/{id}/channels: {id} stands for one segment, {+rest} at the end for all that follow; write it as the service sees it, without a prefix that the route strips'

const url = z.string().transform((text, context) => {
  const read = parseUpstreamUrl(text)
  if (isUpstreamUrl(read)) return read
  context.addIssue({ code: 'custom', message: `${read.what}. ${read.remedy}` })
  return z.NEVER
})

const credentialField = z.string().transform((text, context): CredentialField => {
  const name = text.toLowerCase()
  const found = credentialFieldNames.find((known) => known === name)
  if (found !== undefined) return found
  const message =
    'must be the field that carries the key: X-API-Key, Authorization, api-key, x-goog-api-key, or Basic (the password that a browser asks for)'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

const method = z
  .string()
  .regex(
    /^(?!(?:CONNECT|TRACE)$)[A-Z][A-Z-]{1,19}$/,
    'must be a method in capital letters, such as PUT (CONNECT and TRACE are never let through)',
  )

const methodsForm =
  'must give methods a class, such as methods: {use: [PUT, PATCH, DELETE]}; the classes are read, use and manage'
const methodList = z
  .array(method, 'must be a list of methods, such as [PUT, PATCH, DELETE]')
  .max(50)

const methods = z.strictObject(
  {
    read: methodList.default([]),
    use: methodList.default([]),
    manage: methodList.default([]),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? methodsForm : undefined) },
)

const route = z.strictObject({
  prefix,
  strip: z.boolean().default(false),
  mode: z.enum(['check', 'relay']).optional(),
  browser: z.literal('basic').optional(),
  /** The one field that carries the caller's credential; the others belong to the service. */
  credentialField: credentialField.optional(),
})

const seconds = z.number().positive().max(86_400)

const limit = z.string().transform((text, context): Limit => {
  const parsed = parseLimit(text)
  if (parsed !== null) return parsed
  context.addIssue({ code: 'custom', message: `is not a limit; limits look like ${limitExamples}` })
  return z.NEVER
})

/** What each caller may read. It is no limit of tokens, money or concurrency. */
const reads = z
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

const limitList = z
  .array(limit)
  .max(50)
  .meta({ examples: ['[60/min, 200k-tokens/day]'] })
const limits = limitList.default([])

const modelList = z.array(z.string().min(1).max(200)).meta({ examples: ["['llama3.2:*', qwen3]"] })

const cap = z.int().min(0).nullable().default(null)

const caps = z
  .strictObject({ keepAliveSeconds: cap, contextTokens: cap, outputTokens: cap, imageBytes: cap })
  .optional()

const rolePolicy = z.strictObject({
  limits,
  models: modelList.default([]),
  cloudModels: z.boolean().nullable().default(null),
  caps,
  weight: z.int().min(1).max(100).nullable().default(null),
  capOutput: z.boolean().nullable().default(null),
})

const queue = z.strictObject({
  waiting: z.int().min(0).max(100_000).default(512),
  /** One key at most; half of all unless it is said. */
  waitingPerKey: z.int().min(0).max(100_000).optional(),
  longestWaitSeconds: seconds.default(120),
})

const usdPerMillion = z
  .number()
  .min(0)
  .max(1_000)
  .transform((usd) => Math.round(usd * 1_000_000))

const price = z
  .strictObject({ inputUsdPerMillion: usdPerMillion, outputUsdPerMillion: usdPerMillion })
  .transform(({ inputUsdPerMillion, outputUsdPerMillion }) => ({
    inputMicroUsdPerMillion: inputUsdPerMillion,
    outputMicroUsdPerMillion: outputUsdPerMillion,
  }))

/** Prices by the names of models, in which `*` stands for any text. */
export const prices = z.record(z.string().min(1).max(200), price)

const isTimeZone = (name: string) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

const service = z.strictObject({
  kind: z.enum(serviceKinds),
  aliases: z
    .array(name)
    .meta({ examples: ['[chat]'] })
    .default([]),
  upstream: z
    .strictObject({
      url: url.optional(),
      keyFile: z.string().min(1).optional(),
      /** Whose certificates the service may show, instead of those of the public authorities. */
      tls: tls.optional(),
    })
    .optional(),
  routes: z
    .array(route)
    .min(1)
    .meta({ examples: ['[{prefix: /tts, strip: true}]'] }),
  timeouts: z
    .strictObject({
      connectSeconds: seconds.default(5),
      headersSeconds: seconds.default(900),
      idleSeconds: seconds.default(900),
    })
    .prefault({}),
  keepAlive: z.boolean().optional(),
  anonymous: z.boolean().default(false),
  origins: z
    .array(z.string().refine(isWebOrigin, 'must be a web origin such as https://app.example'))
    .meta({ examples: ['[https://app.example]'] })
    .default([]),
  /** Paths as the service sees them: without the prefix, where the route strips it. */
  webSockets: z.array(z.string().refine(isPathPattern, webSocketForm)).default([]),
  /** Which class a method has, where it is not the usual one (kind `http`). */
  methods: methods.optional(),
  limits,
  /** How many requests the model server works on at a time; others wait in the queue. */
  slots: z
    .union([z.int().min(1).max(10_000), z.literal('unlimited')])
    .meta({ form: 'a whole number from 1 to 10000, or unlimited' })
    .optional(),
  queue: queue.optional(),
  /** `leave` for an upstream that refuses `stream_options`: usage of its streams is estimated. */
  streamUsage: z.enum(['ask', 'leave']).optional(),
  prices: prices.default({}),
  /** A file of more prices, in the same form; relative to this one. */
  pricesFile: z.string().min(1).optional(),
})

const chat = z.strictObject({
  /** The service behind it. */
  service: name,
  /** The model of requests that name none. */
  model: z.string().min(1).max(200).nullable().default(null),
  /** Who calls /minnow/chat and /shark/chat without a credential. */
  anonymous: z
    .strictObject({
      enabled: z.boolean().optional(),
      limits: limitList.prefault([
        ...['30/min', '1k/day', '500k-tokens/day', '1usd/day', '2-concurrent'],
        ...['64k-prompt-bytes', '1k-output-tokens', '300-stream-seconds'],
      ]),
      perAddress: z
        .strictObject({
          burst: z.int().min(1).max(1_000_000).default(10),
          perMinute: z.number().positive().max(1_000_000).default(6),
        })
        .prefault({}),
      models: modelList.default([]),
    })
    .prefault({}),
})

/** The shape of `gatekeeper.yaml`. What it cannot say (who owns a prefix) is in `cross-checks.ts`. */
export const gatewaySchema = z.strictObject({
  version: z.literal(1),
  /** Bad credentials that one client address may show; good ones do not count. */
  attempts: z
    .strictObject({
      burst: z.int().min(1).max(1_000_000).default(100),
      perMinute: z.number().positive().max(1_000_000).default(60),
    })
    .prefault({}),
  /** How many bytes of JSON bodies are held at a time, of all requests together. */
  bodies: z
    .strictObject({
      // One key gets half of it at most, and a body may have 32 MiB.
      inFlightBytes: z.int().min(67_108_864).max(68_719_476_736).default(268_435_456),
    })
    .prefault({}),
  /**
   * How late the event loop may be before new requests are refused, which is four times as long as
   * the work on a body may take when there is much of it.
   */
  overload: z.strictObject({ lagMs: z.int().min(10).max(60_000).default(300) }).prefault({}),
  /** Where days and months begin for limits. */
  timeZone: z
    .string()
    .refine(isTimeZone, 'must be a time zone such as Europe/Berlin or UTC')
    .default('UTC'),
  limits,
  /** What each caller may read; limits of requests count no reads. */
  reads,
  /** How long lines of the usage log are kept. */
  usage: z.strictObject({ retainDays: z.int().min(1).max(3650).default(400) }).prefault({}),
  /** What is recorded of requests, for how long, and what happens while that is not possible. */
  audit: z
    .strictObject({
      allowed: z.enum(['all', 'sampled', 'none']).default('all'),
      sampleOf: z.int().min(2).max(1_000_000).default(10),
      required: z.boolean().default(false),
      retainDays: z.int().min(1).max(3650).default(90),
      megabytes: z.int().min(1).max(1_000_000).default(512),
    })
    .prefault({}),
  /** What becomes of answers that are on their way while their credential is revoked. */
  revocation: z.strictObject({ cutStreams: z.boolean().default(true) }).prefault({}),
  capOutput: z.boolean().default(false),
  roles: z
    .strictObject({
      readonly: rolePolicy.optional(),
      readwrite: rolePolicy.optional(),
      admin: rolePolicy.optional(),
    })
    .prefault({}),
  users: z.record(z.string().min(1).max(200), z.strictObject({ limits })).default({}),
  /** Whose access tokens are taken, besides our own. */
  issuers: issuersSchema({
    models: modelList.default([]),
    limits,
    caps,
    cloudModels: z.boolean().nullable().default(null),
    weight: z.int().min(1).max(100).nullable().default(null),
  }),
  services: z
    .record(name, service)
    .meta({ examples: ['{ollama: {kind: ollama, routes: [{prefix: /api}]}}'] }),
  /** The domain chat; none where it is left out. */
  chat: chat.optional(),
})

export type GatewayFile = z.output<typeof gatewaySchema>
export type ServiceEntry = z.output<typeof service>
