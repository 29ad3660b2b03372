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

const digits = (value: string, fallback: string) => (/^\d{1,9}$/.test(value) ? value : fallback)

/** Returns the limit that two numbers describe: requests per milliseconds. */
function toLimit(env: Env): string {
  const max = Number(digits(env['RATE_LIMIT_MAX_REQUESTS'] ?? env['RATE_LIMIT_MAX'] ?? '', '100'))
  const given = env['RATE_LIMIT_WINDOW_MS'] ?? env['RATE_LIMIT_WINDOW'] ?? ''
  const windowMs = Number(digits(given, '3600000')) || 3_600_000
  const units = { min: 60_000, hour: 3_600_000, day: 86_400_000 }
  const exact = Object.entries(units).find(([, ms]) => ms === windowMs)
  if (exact !== undefined) return `${max}/${exact[0]}`
  return `${Math.max(1, Math.round((max * units.hour) / windowMs))}/hour`
}

const limits = (_: string, env: Env) =>
  `Write a limit into gatekeeper.yaml (limits: [${toLimit(env)}]), or give it to a key: npm run keys -- edit ID --limit ${toLimit(env)}.`

const origins = () => 'Write origins: [https://app.example] into the service in gatekeeper.yaml.'

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
    names: ['JWT_SECRET', 'JWT_SECRET_KEY'],
    advice: () =>
      'Remove it: tokens are signed with key pairs in the state folder (docs/guides/tokens.md).',
  },
  {
    names: ['ADMIN_API_KEY', 'API_KEY', 'API_KEYS'],
    advice: () =>
      'Make a key instead: npm run keys -- add --user admin --service ollama --role admin.',
  },
  {
    names: [
      'RATE_LIMIT_MAX_REQUESTS',
      'RATE_LIMIT_WINDOW_MS',
      'RATE_LIMIT_MAX',
      'RATE_LIMIT_WINDOW',
    ],
    advice: limits,
  },
  {
    names: ['REQUEST_TIMEOUT_MS', 'REQUEST_TIMEOUT', 'PROXY_TIMEOUT'],
    advice: (value) => {
      const seconds = Math.max(1, Math.round(Number(digits(value, '900000')) / 1000))
      return `Write timeouts: {headersSeconds: ${seconds}} into the service in gatekeeper.yaml.`
    },
  },
  { names: ['ALLOWED_ORIGIN', 'ALLOWED_ORIGINS', 'ORIGIN_URLS', 'CORS_ORIGIN'], advice: origins },
  {
    names: ['LOG_DIR', 'LOG_FILE'],
    advice: () => 'Remove it: the log goes to stdout, the audit into the state folder.',
  },
  {
    names: ['LOG_LEVEL'],
    advice: () => 'Remove it: the log level cannot be changed.',
    isCommon: true,
  },
  {
    names: ['DATABASE_URL', 'REDIS_URL'],
    advice: () => 'Remove it: usage is stored in SQLite in the state folder and needs no setting.',
    isCommon: true,
  },
  {
    names: ['SYSTEM_PROMPT'],
    advice: () => 'Write it into prompts/DOMAIN/standard.txt (docs/guides/domain-chat.md).',
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
    names
      .filter((name) => (env[name] ?? '') !== '' && (isOwnFile || !isCommon))
      .map((name) => ({
        source: source ?? name,
        what: source === undefined ? 'has no effect here' : `${name} has no effect here`,
        remedy: advice(env[name] ?? '', env),
      })),
  )
}
