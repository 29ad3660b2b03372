import { allRows } from '../../gatekeeper/src/config/all-settings.ts'
import { frontEnvironment } from '../../gatekeeper/src/config/front-environment.ts'
import { toCaddyAddress } from '../../gatekeeper/src/config/listen.ts'
import type { Settings } from '../../gatekeeper/src/config/read-settings.ts'

export type CaddySurroundings = {
  /** The environment of the process that starts Caddy; TTS_URL and the like are passed on. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Target of Ollama's check routes; null is its default address. */
  readonly ollamaUrl: string | null
  /** Whether a person reads the log. */
  readonly isTerminal: boolean
  /** The result of `findCaddyTimeouts` for this Caddy. */
  readonly timeouts: string
}

/** Returns the environment that caddy/Caddyfile reads. */
export function caddyEnvironment(
  settings: Settings,
  { env, ollamaUrl, isTerminal, timeouts }: CaddySurroundings,
): Record<string, string> {
  return {
    ...keepHarmless(env),
    ...frontEnvironment(settings),
    GATEKEEPER_BIND: settings.bind,
    GATEKEEPER_HTTPS_PORT: String(settings.httpsPort),
    GATEKEEPER_HTTP_PORT: String(settings.httpPort),
    GATEKEEPER_RELAY: toCaddyAddress(settings.relayListen),
    GATEKEEPER_CHECK: toCaddyAddress(settings.checkListen),
    ...(settings.consoleListen !== null && {
      GATEKEEPER_CONSOLE_SOCKET: toCaddyAddress(settings.consoleListen),
    }),
    GATEKEEPER_CONSOLE_BIND: settings.console.bind,
    GATEKEEPER_STATE_DIR: settings.stateDir,
    GATEKEEPER_TIMEOUTS: timeouts,
    // On a terminal the launcher prints what Caddy logs at every start.
    GATEKEEPER_LOG_LEVEL: isTerminal ? 'WARN' : 'INFO',
    GATEKEEPER_LOG_FORMAT: isTerminal ? 'console' : 'json',
    // The shipped Caddyfile does not read these; blocks in Caddyfiles of earlier versions do.
    OLLAMA_URL: ollamaUrl ?? 'http://127.0.0.1:11434',
    ...(settings.ttsUrl !== null && { TTS_URL: settings.ttsUrl }),
    ...(settings.whisperUrl !== null && { WHISPER_URL: settings.whisperUrl }),
    ...(settings.imageUrl !== null && { IMAGE_URL: settings.imageUrl }),
  }
}

// Since 2.11 Caddy sends proxied requests, including checks and callers' keys, through HTTP_PROXY.
const proxyNames = new Set(['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'])

const secretNames = new Set(
  allRows
    .filter(({ kind }) => kind === 'secret')
    .flatMap(({ name, aliases = [] }) => [name, ...aliases])
    .flatMap((name) => [name, `${name}_FILE`]),
)

/** Caddy needs none of our secrets, so it gets none that it could log or pass on. */
function keepHarmless(env: CaddySurroundings['env']): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      !proxyNames.has(entry[0].toUpperCase()) &&
      !secretNames.has(entry[0].toUpperCase()),
  )
  return Object.fromEntries(kept)
}
