import { z } from 'zod'
import { isCanonicalPath } from '../lib/path.ts'
import { isWebOrigin } from '../policy/origin.ts'

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and hyphens')

const prefix = z
  .string()
  .refine(
    (text) => isCanonicalPath(text) && /^\/[a-z0-9._~/-]*[a-z0-9_~-]$/.test(text),
    'must be a path such as /tts: lower case, no slash at its end',
  )

const url = z.string().refine((text) => {
  if (!URL.canParse(text)) return false
  const parsed = new URL(text)
  const isPlain = parsed.username === '' && parsed.password === '' && parsed.search === ''
  return /^https?:$/.test(parsed.protocol) && isPlain && parsed.pathname === '/'
}, 'must be http(s)://HOST:PORT, without path, user and query')

const route = z.strictObject({
  prefix,
  strip: z.boolean().default(false),
  mode: z.enum(['check', 'relay']).optional(),
  browser: z.literal('basic').optional(),
})

const seconds = z.number().positive().max(86_400)

const service = z.strictObject({
  kind: z.enum(['ollama', 'openai', 'http']),
  aliases: z.array(name).default([]),
  upstream: z
    .strictObject({ url: url.optional(), keyFile: z.string().min(1).optional() })
    .optional(),
  routes: z.array(route).min(1),
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
    .default([]),
  webSockets: z.array(z.string().refine(isCanonicalPath, 'must be a path such as /ws')).default([]),
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
  services: z.record(name, service),
})

export type GatewayFile = z.output<typeof gatewaySchema>
export type ServiceEntry = z.output<typeof service>
