import { z } from 'zod'
import { providers } from '../kinds/providers/providers.ts'
import { parseDuration } from '../lib/duration.ts'
import { parsedText } from '../lib/json/parsed-text.ts'
import type { Kind } from '../model/kind.ts'
import { isWebOrigin } from '../model/origin.ts'
import { isTeamName, teamForm } from '../model/team.ts'
import { issuersSchema } from './issuer-schema.ts'
import {
  addressRate,
  caps,
  limitList,
  limits,
  modelList,
  perAddress,
  prices,
  queue,
  reads,
  rolePolicy,
  seconds,
  teamPolicy,
} from './limit-schema.ts'
import { isPathPattern, methods, name, route, url, webSocketForm } from './route-schema.ts'
import { signInSchema } from './signin-schema.ts'
import { tls } from './tls-schema.ts'
import { isSafeForKeys, isUpstreamUrl, parseUpstreamUrl } from './upstream-url.ts'
import { widgetSchema } from './widget-schema.ts'

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
  teams: z
    .record(z.string().refine(isTeamName, teamForm), teamPolicy)
    .meta({ examples: ['{research: {limits: [200k-tokens/day], services: [ollama]}}'] })
    .default({})
    .describe('Limits and rights of a team, in addition to those of its keys'),
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
  signin: signInSchema,
  chat: chat.optional().describe('The domain chat; without this member there is none'),
  widget: widgetSchema
    .optional()
    .describe('The chat widget for pages without a server of their own'),
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
