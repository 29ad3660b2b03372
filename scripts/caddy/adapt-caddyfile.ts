import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeServiceBlocks } from '../../gatekeeper/src/config/blocks/service-blocks.ts'
import { loadConsoleEdge } from '../../gatekeeper/src/config/console-edge.ts'
import { loadFrontSecrets } from '../../gatekeeper/src/config/front-secrets.ts'
import { toCaddyAddress } from '../../gatekeeper/src/config/listen.ts'
import type { Settings } from '../../gatekeeper/src/config/read-settings.ts'
import type { Service } from '../../gatekeeper/src/model/service.ts'
import { caddyEnvironment } from './caddy-environment.ts'
import { findCaddyTimeouts } from './caddy-timeouts.ts'
import type { Json } from './examine/adapted.ts'
import type { Caddyfile, ConsolePlace } from './examine/caddyfile.ts'
import { type RunCommand, runCommand } from './run-command.ts'

export type AdaptDeps = {
  /** The program. */
  readonly caddy: string
  readonly settings: Settings
  readonly services: readonly Service[]
  /** The environment of the process that would start Caddy. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly run?: RunCommand
}

/** Why Caddy refuses the file, with the line if Caddy names one. */
export type Refusal = { readonly line: number | null; readonly what: string }

/**
 * Returns the configuration that Caddy makes of a Caddyfile, after `caddy validate`. A temporary
 * folder with its own secrets and blocks replaces the state folder. Rejects if the file is
 * unreadable.
 */
export async function adaptCaddyfile(path: string, deps: AdaptDeps): Promise<Caddyfile | Refusal> {
  const text = await readFile(path, 'utf8')
  const folder = await mkdtemp(join(tmpdir(), 'gk-adapt-'))
  try {
    const secrets = loadFrontSecrets(folder)
    writeServiceBlocks({ ...deps.settings, stateDir: folder }, deps.services)
    const result = await run(path, folder, deps)
    if (typeof result !== 'string') return result
    const console = consolePlace(deps.settings, loadConsoleEdge(folder))
    return {
      ...describe(deps),
      console,
      source: path,
      text,
      secrets,
      adapted: JSON.parse(result) as Json,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const limitSeconds = 30

async function run(path: string, stateDir: string, deps: AdaptDeps): Promise<string | Refusal> {
  const { caddy, settings, env } = deps
  const runs = deps.run ?? runCommand
  const surroundings = {
    env,
    ollamaUrl: settings.ollamaUrl,
    isTerminal: false,
    timeouts: await findCaddyTimeouts(caddy, runs),
  }
  const caddyEnv = caddyEnvironment({ ...settings, stateDir }, surroundings)
  const words = ['--config', path, '--adapter', 'caddyfile']
  const validated = await runs(caddy, ['validate', ...words], limitSeconds, caddyEnv)
  if (validated.status !== 0) return readRefusal(validated.stderr)
  const adapted = await runs(caddy, ['adapt', ...words], limitSeconds, caddyEnv)
  return adapted.status === 0 ? adapted.stdout : readRefusal(adapted.stderr)
}

function describe({ settings, services }: AdaptDeps) {
  return {
    services,
    listeners: {
      relay: toCaddyAddress(settings.relayListen),
      check: toCaddyAddress(settings.checkListen),
    } satisfies Caddyfile['listeners'],
    bind: settings.bind,
    httpPort: settings.httpPort,
    isPlatform: settings.platform !== null,
  }
}

function consolePlace(settings: Settings, edge: string): ConsolePlace | null {
  const { console, consoleListen } = settings
  if (consoleListen === null) return null
  const host = isIP(console.bind) === 6 ? `[${console.bind}]` : console.bind
  const listen = `${host}:${console.port}`
  return { dial: toCaddyAddress(consoleListen), site: console.site, listen, edge }
}

export function isRefusal(result: Caddyfile | Refusal): result is Refusal {
  return !('adapted' in result)
}

/** Caddy quotes text that it does not understand; possible secrets in it are removed. */
function readRefusal(stderr: string): Refusal {
  const message = lastError(stderr) ?? 'it does not say why'
  const line = /Caddyfile:(\d+)/.exec(message)?.[1]
  const short = message.replace(/^adapting config using caddyfile: /, '')
  return {
    line: line === undefined ? null : Number(line),
    what: short.replace(/[A-Za-z0-9_+=-]{24,}/g, '***').replace(/\.$/, ''),
  }
}

/** `Error: …` on a terminal, otherwise the last log line of level error. */
function lastError(stderr: string): string | null {
  const plain = /(?:^|\n)Error: (.*)/.exec(stderr)?.[1]
  const logged = /"level":"error".*"msg":("(?:[^"\\]|\\.)*")/.exec(stderr)?.[1]
  return plain ?? (logged === undefined ? null : (JSON.parse(logged) as string))
}
