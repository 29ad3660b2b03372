import { z } from 'zod'
import { providers } from '../kinds/providers/providers.ts'
import { parseDuration } from '../lib/duration.ts'
import { parsedText } from '../lib/json/parsed-text.ts'
import { isCanonicalPath } from '../lib/net/path.ts'
import { type CredentialField, credentialFieldNames } from '../model/credential-fields.ts'
import type { Kind } from '../model/kind.ts'
import { limitExamples, parseLimit, type QuotaLimit, windowMsOf } from '../model/limit.ts'
import { isWebOrigin } from '../model/origin.ts'
import { readsUsual } from '../policy/policies.ts'
import { issuersSchema } from './issuer-schema.ts'
import { tls } from './tls-schema.ts'
import { isSafeForKeys, isUpstreamUrl, parseUpstreamUrl } from './upstream-url.ts'

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and hyphens')

/** All of a host is the empty prefix inside: every path continues it with a slash. */
const prefix = z
  .string()
  .refine(
    (text) => text === '/' || (isCanonicalPath(text) && /^\/[a-z0-9._~/-]*[a-z0-9_~-]$/.test(text)),
    'must be a path such as /tts: lower case, no slash at its end',
  )
  .transform((text) => (text === '/' ? '' : text))

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
// The last label begins with a letter: otherwise some readers take it for a part of an address.
const hostForm = new RegExp(`^(?:${label}\\.){1,20}(?![0-9])${label}$`)

const host = z
  .string()
  .refine(
    (text) => text.length <= 253 && hostForm.test(text),
    'must be a DNS name of at least two parts such as webui.localhost: lower case, no port, no wildcard, not an address',
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
    read: methodList.default([]).describe('Methods that only read'),
    use: methodList.default([]).describe('Methods that use the service'),
    manage: methodList.default([]).describe('Methods that only the role admin may use'),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? methodsForm : undefined) },
)

const route = z.strictObject({
  host: host
    .optional()
    .describe(
      'Host name of the route, such as `webui.localhost`; without it the route is on the main site',
    ),
  prefix: prefix.describe(
    'Public path of the route: this path and all paths below it. With a `host`, `/` is the whole host',
  ),
  strip: z
    .boolean()
    .default(false)
    .describe('Whether the prefix is removed from the path that the service gets'),
  mode: z
    .enum(['check', 'relay'])
    .optional()
    .describe(
      '`relay`: the gatekeeper reads the body and carries the answer. `check`: Caddy proxies after a yes of the gatekeeper. Default: `check` for kind `http`, else `relay`',
    ),
  browser: z
    .literal('basic')
    .optional()
    .describe('`basic`: pages of this route ask for the key as a password'),
  credentialField: credentialField
    .optional()
    .describe(
      'The one field that carries the key of the caller. All other fields pass to the service',
    ),
})

const seconds = z.number().positive().max(86_400)

const limit = parsedText(parseLimit, `is not a limit; limits look like ${limitExamples}`)

/** The limit of reads of each caller; not a limit of tokens, money or concurrency. */
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

/** A limit of an address is counted in memory, as a rate. */
const addressRate = z.string().transform((text, context): QuotaLimit => {
  const parsed = parseLimit(text)
  const isRate = parsed?.kind === 'quota' && windowMsOf(parsed) !== null
  if (isRate && parsed.unit === 'requests') return parsed
  const message = 'must be a limit of requests by minutes or hours such as 100/15min'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

const perAddress = z
  .array(addressRate)
  .max(10)
  .meta({ examples: ['[100/15min]'] })
  .default([])

const modelList = z.array(z.string().min(1).max(200)).meta({ examples: ["['llama3.2:*', qwen3]"] })

const cap = z.int().min(0).nullable().default(null)

const caps = z
  .strictObject({
    keepAliveSeconds: cap.describe('Longest `keep_alive` of a request'),
    contextTokens: cap.describe('Largest context (`num_ctx`) of a request'),
    outputTokens: cap.describe('Largest number of output tokens of a request'),
    imageBytes: cap.describe('Largest image of a request, in bytes'),
  })
  .optional()

const rolePolicy = z.strictObject({
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

const queue = z.strictObject({
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

const isTimeZone = (name: string) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** Returns the schema of a kind's name, which becomes the kind. */
const createKindName = (kinds: readonly Kind[]) =>
  z
    .enum(kinds.map(({ name }) => name))
    .describe('The API of the service; `http` for all services without a table of endpoints')
    .transform((name) => kinds.find((kind) => kind.name === name) as Kind)

const originList = z
  .array(z.string().refine(isWebOrigin, 'must be a web origin such as https://app.example'))
  .meta({ examples: ['[https://app.example]'] })

const origins = originList
  .optional()
  .describe(
    'Web origins whose pages may call it; `[]`: none. Default: `origins` at the top of the file',
  )

const defaultSlots = (kinds: readonly Kind[]) =>
  kinds.map(({ name, slots }) => (slots ? `${slots} for \`${name}\`, else ` : '')).join('')

/** Members of a service, without those whose text or values depend on the kinds. */
const service = {
  aliases: z
    .array(name)
    .meta({ examples: ['[chat]'] })
    .default([])
    .describe('Other names that keys may use for it'),
  upstream: z
    .strictObject({
      url: url
        .optional()
        .describe('Its address, such as `http://127.0.0.1:8880`, with a path if it has one'),
      keyFile: z
        .string()
        .min(1)
        .optional()
        .describe('A file with the key that the gatekeeper sends to it'),
      tls: tls
        .optional()
        .describe('Which certificates are accepted, instead of those of public authorities'),
    })
    .optional()
    .describe('The address of the service, and how to call it'),
  routes: z
    .array(route)
    .min(1)
    .meta({ examples: ['[{prefix: /tts, strip: true}]'] })
    .describe('Public paths that lead to it'),
  timeouts: z
    .strictObject({
      connectSeconds: seconds.default(5).describe('Until it accepts a connection'),
      headersSeconds: seconds.default(900).describe('Until its answer begins'),
      idleSeconds: seconds.default(900).describe('Between two parts of an answer'),
    })
    .prefault({})
    .describe('How long the service may take'),
  keepAlive: z
    .boolean()
    .optional()
    .describe('Whether connections to it are reused. Default: yes for `ollama`, else no'),
  anonymous: z.boolean().default(false).describe('Whether it answers callers without a credential'),
  origins,
  webSockets: z
    .array(z.string().refine(isPathPattern, webSocketForm))
    .default([])
    .describe(
      'Paths that open WebSockets, as the service sees them: without a prefix that the route strips',
    ),
  methods: methods
    .optional()
    .describe(
      'The class of a method (kind `http`). Default: GET and HEAD read, POST uses, all others manage',
    ),
  limits: limits.describe('Limits of all callers of the service together'),
  perAddress: perAddress.describe(
    'Limits of each client address (IPv6: its /64) at the service, with a credential or without',
  ),
  queue: queue.optional().describe('The queue for a slot'),
  streamUsage: z
    .enum(['ask', 'leave'])
    .optional()
    .describe(
      '`leave` for an upstream that refuses `stream_options`; the usage of its streams is then estimated',
    ),
  prices: prices.default({}).describe('Prices by model name, in which `*` stands for any text'),
  pricesFile: z
    .string()
    .min(1)
    .optional()
    .describe('A file with more prices in the same form, relative to this one'),
}

const createService = (kinds: readonly Kind[]) =>
  z.strictObject({
    kind: createKindName(kinds),
    ...service,
    slots: z
      .union([z.int().min(1).max(10_000), z.literal('unlimited')])
      .meta({ form: 'a whole number from 1 to 10000, or unlimited' })
      .optional()
      .describe(
        `How many requests it works on at the same time; others wait in the queue. Default: ${defaultSlots(kinds)}unlimited`,
      ),
  })

/** An address to which a key of an account is sent: never in clear beyond this machine. */
const providerUrl = z.string().transform((text, context) => {
  const read = parseUpstreamUrl(text)
  if (isUpstreamUrl(read) && isSafeForKeys(new URL(read.origin))) return text
  const message =
    'must be an https address such as https://api.example.com/v1 (http only for this machine)'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

const provider = z.strictObject({
  like: z
    .enum(providers.map(({ name }) => name))
    .optional()
    .describe('The known provider whose API it speaks; left out for a known one'),
  url: providerUrl.optional().describe('Its address with the version; usual: that of the provider'),
  keyFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A file with the key of our account; an environment variable such as OPENAI_API_KEY comes first',
    ),
  tls: tls
    .optional()
    .describe('Which certificates it may show, instead of those of the public authorities'),
  origins,
  limits: limits.describe('Limits of all its callers together'),
  perAddress: perAddress.describe('Limits of each client address (IPv6: its /64) there'),
  timeouts: z
    .strictObject({
      connectSeconds: seconds.default(10).describe('Until it accepts a connection'),
      headersSeconds: seconds.default(600).describe('Until an answer that is not streamed begins'),
      streamHeadersSeconds: seconds.default(60).describe('Until a streamed answer begins'),
      idleSeconds: seconds.default(600).describe('Between two pieces of an answer'),
    })
    .optional()
    .describe('How long it may take'),
  prices: prices.default({}).describe('Prices that come before the built-in ones'),
})

const chat = z.strictObject({
  service: name.describe('The service that answers'),
  model: z
    .string()
    .min(1)
    .max(200)
    .nullable()
    .default(null)
    .describe('The model of requests without `?model=`; null: the first that the caller may use'),
  anonymous: z
    .strictObject({
      enabled: z
        .boolean()
        .optional()
        .describe('Whether they are answered. Default: only while every bind is loopback'),
      limits: limitList
        .prefault([
          ...['30/min', '1k/day', '500k-tokens/day', '1usd/day', '2-concurrent'],
          ...['64k-prompt-bytes', '1k-output-tokens', '300-stream-seconds'],
        ])
        .describe('Limits of all of them together'),
      perAddress: z
        .strictObject({
          burst: z.int().min(1).max(1_000_000).default(10).describe('Requests at once'),
          perMinute: z
            .number()
            .positive()
            .max(1_000_000)
            .default(6)
            .describe('Requests per minute after that'),
        })
        .prefault({})
        .describe('How many requests one client address may send'),
      models: modelList.default([]).describe('Models that they may use; empty: all'),
    })
    .prefault({})
    .describe('Callers of /minnow/chat and /shark/chat without a credential'),
})

/** Members of the file that do not depend on the kinds of services. */
const gateway = {
  version: z.literal(1).describe('The version of the format'),
  attempts: z
    .strictObject({
      burst: z.int().min(1).max(1_000_000).default(100).describe('Bad credentials at once'),
      perMinute: z
        .number()
        .positive()
        .max(1_000_000)
        .default(60)
        .describe('Bad credentials per minute after that'),
    })
    .prefault({})
    .describe('Bad credentials that one client address may send; valid ones do not count'),
  bridge: z
    .strictObject({
      tokensPerAddress: addressRate
        .prefault('10/15min')
        .describe(
          'Requests of one client address (IPv6: its /64) for tokens of public apps, or with a wrong proof',
        ),
    })
    .prefault({})
    .describe('Tokens for the users of apps'),
  bodies: z
    .strictObject({
      // One key gets at most half of it, and a body may have 32 MiB.
      inFlightBytes: z
        .int()
        .min(67_108_864)
        .max(68_719_476_736)
        .default(268_435_456)
        .describe('Bytes of JSON bodies held at the same time, of all requests together'),
    })
    .prefault({})
    .describe('Bodies that are being read'),
  /**
   * How late the event loop may be before new requests are refused: four times the time that the
   * work on a body may take under load.
   */
  overload: z
    .strictObject({
      lagMs: z
        .int()
        .min(10)
        .max(60_000)
        .default(300)
        .describe('How late the event loop may be before new requests are refused'),
    })
    .prefault({})
    .describe('When new requests are refused because there is too much work'),
  timeZone: z
    .string()
    .refine(isTimeZone, 'must be a time zone such as Europe/Berlin or UTC')
    .default('UTC')
    .describe('Time zone of the days and months of limits'),
  limits: limits.describe('Limits of all callers together'),
  perAddress: perAddress.describe(
    'Limits of each client address (IPv6: its /64), with a credential or without. Health, well-known documents and preflights do not count',
  ),
  legacyLimitFields: z
    .boolean()
    .default(true)
    .describe('Whether answers have the `X-RateLimit-*` fields beside the standard ones'),
  origins: originList
    .default([])
    .describe('Web origins whose pages may call services without `origins` of their own'),
  allowNoOrigin: z
    .boolean()
    .default(true)
    .describe(
      'Whether providers and the routes of apps answer requests without an Origin field, which phones and servers send',
    ),
  reads: reads.describe(
    'Limit of reads (lists, pages) for each caller; limits of requests do not count reads',
  ),
  usage: z
    .strictObject({
      retainDays: z.int().min(1).max(3650).default(400).describe('Days that its lines are kept'),
    })
    .prefault({})
    .describe('The usage log'),
  audit: z
    .strictObject({
      allowed: z
        .enum(['all', 'sampled', 'none'])
        .default('all')
        .describe('Which allowed requests are recorded; refused ones always are'),
      sampleOf: z
        .int()
        .min(2)
        .max(1_000_000)
        .default(10)
        .describe('With `sampled`: one of this many'),
      required: z
        .boolean()
        .default(false)
        .describe('Whether requests are refused while they cannot be recorded'),
      retainDays: z.int().min(1).max(3650).default(90).describe('Days that records are kept'),
      megabytes: z.int().min(1).max(1_000_000).default(512).describe('Space that they may take'),
    })
    .prefault({})
    .describe('Which requests are recorded. Acts of operators are always recorded'),
  reviewEvery: parsedText(parseDuration, 'must be a duration such as 90d or 12w')
    .prefault('90d')
    .describe(
      'How often somebody reviews keys and rights; the doctor reports a review that is due',
    ),
  revocation: z
    .strictObject({
      cutStreams: z
        .boolean()
        .default(true)
        .describe('Whether a relayed answer under way is cut when its credential is revoked'),
    })
    .prefault({})
    .describe('Revoked credentials'),
  capOutput: z
    .boolean()
    .default(false)
    .describe('Whether output above a cap is cut; otherwise the request is refused'),
  roles: z
    .strictObject({
      readonly: rolePolicy.optional().describe('Reads lists'),
      readwrite: rolePolicy.optional().describe('Also uses models and services'),
      admin: rolePolicy.optional().describe('Also manages: pull, delete'),
    })
    .prefault({})
    .describe('Limits and rights of each role, in addition to those of its keys'),
  users: z
    .record(
      z.string().min(1).max(200),
      z.strictObject({ limits: limits.describe('Limits of the user') }),
    )
    .default({})
    .describe('Limits of a user for all keys together'),
  issuers: issuersSchema({
    models: modelList.default([]).describe('Models that the holder may use; empty: all'),
    limits: limits.describe('Limits of the holder'),
    caps: caps.describe('Bounds of a single request'),
    cloudModels: z
      .boolean()
      .nullable()
      .default(null)
      .describe("Whether the holder may use models that run at Ollama's vendor"),
    weight: z.int().min(1).max(100).nullable().default(null).describe('Share of the queue'),
  }).describe('Identity providers whose access tokens are accepted, in addition to our own'),
  providers: z
    .record(name, provider)
    .meta({
      examples: ['{openai: {}, acme: {like: openai, url: "https://api.acme.example/v1"}}'],
    })
    .default({})
    .describe('Companies that run models. Those with a key in the environment need no entry'),
  chat: chat.optional().describe('The domain chat; without this member there is none'),
}

/**
 * Returns the schema of `gatekeeper.yaml` with services of these kinds. Rules that it cannot
 * express (the owner of a prefix) are in `cross-checks.ts`.
 */
export const createGatewaySchema = (kinds: readonly Kind[]) =>
  z.strictObject({
    ...gateway,
    services: z
      .record(name, createService(kinds))
      .meta({ examples: ['{ollama: {kind: ollama, routes: [{prefix: /api}]}}'] })
      .describe('The services behind the gatekeeper, by name'),
  })

export type GatewayFile = z.output<ReturnType<typeof createGatewaySchema>>
export type ProviderEntry = z.output<typeof provider>
export type ServiceEntry = z.output<ReturnType<typeof createService>>
