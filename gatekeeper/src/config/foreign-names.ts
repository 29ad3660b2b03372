/**
 * Well-known names of other programs that have no effect here, with the replacement. People who set
 * them expect an effect; so the start lists them. Values are never shown, except numbers. When a
 * setting of that name is added, remove it from this list.
 */
import type { Problem } from '../lib/problem.ts'

type Env = Readonly<Record<string, string | undefined>>

type Row = {
  readonly names: readonly string[]
  /** Says what to write instead; `value` is the value of the variable. */
  readonly advice: (value: string, env: Env) => string
  /** Set on many machines for other programs: only reported if it is in `.env`. */
  readonly isCommon?: boolean
}

const digits = (value: string, fallback: string) => (/^\d{1,12}$/.test(value) ? value : fallback)

/** Returns the limit that two numbers describe: requests per milliseconds. */
function toLimit(env: Env): string {
  const max = Number(digits(env['RATE_LIMIT_MAX_REQUESTS'] ?? '', '100'))
  const given = env['RATE_LIMIT_WINDOW_MS'] ?? ''
  const windowMs = Number(digits(given, String(hourMs))) || hourMs
  const exact = [
    ['hour', hourMs],
    ['min', 60_000],
  ] as const
  const [unit, ms] = exact.find(([, length]) => windowMs % length === 0) ?? [null, 1]
  if (unit !== null && windowMs <= 7 * 24 * hourMs) return `${max || 1}/${windowMs / ms}${unit}`
  return `${Math.max(1, Math.round((max * hourMs) / windowMs))}/1hour`
}

const hourMs = 3_600_000

const perAddress = (_: string, env: Env) =>
  `Write perAddress: [${toLimit(env)}] into gatekeeper.yaml, at the top or into a service.`

const origins = () =>
  'Write ALLOWED_ORIGINS=https://app.example, or origins: [https://app.example] into the service in gatekeeper.yaml.'

const rows: readonly Row[] = [
  {
    names: ['PORT', 'HTTPS_PORT'],
    advice: (value) => `Write GATEKEEPER_HTTPS_PORT=${digits(value, '8443')}.`,
    isCommon: true,
  },
  {
    names: ['HOST', 'BIND', 'BIND_ADDRESS'],
    advice: () => 'Write GATEKEEPER_BIND=127.0.0.1.',
    isCommon: true,
  },
  {
    names: ['DOMAIN', 'SITE_URL', 'BASE_URL'],
    advice: () => 'Write GATEKEEPER_SITE=ai.example.com.',
    isCommon: true,
  },
  {
    names: ['OLLAMA_HOST', 'OLLAMA_BASE_URL'],
    advice: () => 'Write OLLAMA_URL=http://127.0.0.1:11434.',
    isCommon: true,
  },
  {
    names: ['LITELLM_BASE_URL', 'LITELLM_HOST'],
    advice: () => 'Write LITELLM_URL=http://127.0.0.1:4000.',
  },
  {
    names: ['COOKIE_DOMAIN'],
    advice: () =>
      'Remove it: a cookie for a whole domain would send the session to every service of that domain.',
  },
  {
    names: ['AUTH_SECRET', 'SESSION_SECRET', 'NEXTAUTH_SECRET'],
    advice: () => 'Remove it: tokens are not signed with a shared secret.',
  },
  {
    names: ['JWT_SECRET_KEY'],
    advice: () =>
      'Remove it: tokens are signed with key pairs in the state folder (docs/guides/tokens.md).',
  },
  {
    names: ['API_KEY', 'API_KEYS'],
    advice: () =>
      'Make a key instead: npm run keys -- add --user admin --service ollama --role admin.',
  },
  {
    names: ['RATE_LIMIT_MAX_REQUESTS', 'RATE_LIMIT_WINDOW_MS'],
    advice: perAddress,
  },
  {
    names: ['REQUEST_TIMEOUT_MS', 'REQUEST_TIMEOUT', 'PROXY_TIMEOUT'],
    advice: (value) => {
      const seconds = Math.max(1, Math.round(Number(digits(value, '900000')) / 1000))
      return `Write timeouts: {headersSeconds: ${seconds}} into the service in gatekeeper.yaml.`
    },
  },
  { names: ['CORS_ORIGIN'], advice: origins },
  {
    names: ['LOG_DIR', 'LOG_FILE'],
    advice: () => 'Write GATEKEEPER_LOG_DIR=logs.',
  },
  {
    names: ['LOG_LEVEL'],
    advice: () => 'Write GATEKEEPER_LOG_LEVEL=info.',
    isCommon: true,
  },
  {
    names: ['DATABASE_URL', 'REDIS_URL'],
    advice: () =>
      'Remove it: usage is stored in SQLite in the state folder and needs no setting. Another database (GATEKEEPER_DATABASE_URL) is not supported yet.',
    isCommon: true,
  },
  {
    names: ['TRUST_PROXY', 'TRUSTED_PROXIES'],
    advice: () => 'Write trusted_proxies into the Caddyfile (docs/guides/domains.md).',
  },
  {
    names: ['NODE_ENV'],
    advice: () => 'Remove it: the gatekeeper does not read it.',
    isCommon: true,
  },
]

/**
 * Returns one finding for each such name with a value. `isOwnFile`: they are in our `.env`, which
 * no other program reads.
 */
export function findForeignNames(
  env: Env,
  { isOwnFile, source }: { readonly isOwnFile: boolean; readonly source?: string },
): Problem[] {
  return rows.flatMap(({ names, advice, isCommon = false }) =>
    // A secret of that name may also stand in a file.
    names
      .flatMap((name) => (/SECRET|API_KEY$/.test(name) ? [name, `${name}_FILE`] : [name]))
      .filter((name) => (env[name] ?? '') !== '' && (isOwnFile || !isCommon))
      // The one mode that reads it.
      .filter((name) => name !== 'PORT' || env['GATEKEEPER_TLS'] !== 'platform')
      .map((name) => ({
        source: source ?? name,
        what: source === undefined ? 'has no effect here' : `${name} has no effect here`,
        remedy: advice(env[name] ?? '', env),
      })),
  )
}
