import { dirname, join, resolve } from 'node:path'
import { providers } from '../kinds/providers/providers.ts'
import { describeEncoding } from '../lib/files/text-file.ts'
import { nearestWord } from '../lib/nearest.ts'
import { isLoopback } from '../lib/net/cidr.ts'
import { isVisibleAscii } from '../lib/net/fields.ts'
import type { Listen } from '../lib/net/listening.ts'
import type { Problem } from '../lib/problem.ts'
import type { LoginProvider } from '../model/console-settings.ts'
import { allRows, settingNames } from './all-settings.ts'
import { parseListen, toCaddyAddress } from './listen.ts'
import { type ConsoleSite, checkConsole, readConsole } from './read-console.ts'
import { type OAuthSettings, readOAuth } from './read-oauth.ts'
import { type Platform, platformHttpsPort, readPlatform } from './read-platform.ts'
import { readSignIn } from './read-signin.ts'
import {
  type LogLevel,
  type Report,
  readAddress,
  readFlag,
  readLogLevel,
  readOrigins,
  readPort,
  readSites,
  readSwitch,
  readTruth,
  readUpstream,
} from './read-values.ts'
import { readWidget, type WidgetSettings } from './read-widget.ts'
import type { SettingName, SettingRow } from './settings.ts'
import { isSafeForKeys } from './upstream-url.ts'
import { readVaultRing } from './vault-keys.ts'

export type Settings = {
  readonly sites: readonly string[]
  readonly bind: string
  readonly httpsPort: number
  readonly httpPort: number
  /** Set where a hosting platform ends TLS in front of Caddy. */
  readonly platform: Platform | null
  readonly relayListen: Listen
  readonly checkListen: Listen
  readonly opsListen: Listen
  /** Where Caddy reports how answers behind a check ended; null if no socket is possible. */
  readonly outcomesListen: Listen | null
  /**
   * Where commands of this user ask the running gatekeeper (`explain --live`, `vault`); null if no
   * socket is possible.
   */
  readonly explainListen: Listen | null
  /**
   * Where the admin process takes requests that the gatekeeper hands over; null if it is left out
   * (GATEKEEPER_CONSOLE=off), or no socket is possible. It never listens elsewhere.
   */
  readonly adminListen: Listen | null
  /** Where the admin process takes the console's requests from Caddy; null as for `adminListen`. */
  readonly consoleListen: Listen | null
  readonly console: ConsoleSite
  /** The token that scrapers must send; null if only this machine can connect. */
  readonly metricsToken: string | null
  /** The credential for the service `control`, in `X-Admin-Key` alone; null if it is not set. */
  readonly adminKey: string | null
  readonly stateDir: string
  /** Shared by several gatekeepers: signing keys and revocations. */
  readonly sharedDir: string
  readonly keysDir: string
  readonly configFile: string
  readonly promptsDir: string
  readonly vault: VaultSettings
  readonly ollamaUrl: string | null
  readonly litellmUrl: string | null
  readonly ttsUrl: string | null
  readonly whisperUrl: string | null
  readonly imageUrl: string | null
  readonly litellmMasterKey: string | null
  readonly apiKeysFile: string | null
  /** Origins for services without their own; null leaves it to `gatekeeper.yaml`. */
  readonly origins: readonly string[] | null
  /** Whether requests without an Origin pass; null leaves it to `gatekeeper.yaml`. */
  readonly allowNoOrigin: boolean | null
  readonly logLevel: LogLevel
  /** Where the log is written as files; null: on stdout. */
  readonly logDir: string | null
  readonly caddy: string | null
  readonly demo: boolean
  readonly oauth: OAuthSettings
  /** Providers of the environment at which people sign in to the console. */
  readonly signIn: readonly LoginProvider[]
  /** By the name of the provider; those without any setting are left out. */
  readonly providers: Readonly<Record<string, ProviderSettings>>
  /** The chat widget. */
  readonly widget: WidgetSettings
}

/** `keys` are raw private keys, newest first; empty if those of the folder are used. */
export type VaultSettings = {
  readonly keys: readonly Buffer[]
  readonly folder: string
  /** The file with the public half, for those who seal. */
  readonly publicFile: string
}

export type ProviderSettings = { readonly apiKey: string | null; readonly baseUrl: string | null }

/** The environment of the reader. Relative paths are relative to `folder`. */
export type SettingsSource = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly folder: string
  readonly platform: string
  /** Returns the file's text, or throws as `node:fs` does. */
  readonly readFile: (path: string) => string
}

/**
 * Reads every setting and returns all problems at once. If there are problems, the settings contain
 * defaults instead, so that later readers can look for more.
 */
export function readSettings(source: SettingsSource): {
  settings: Settings
  problems: readonly Problem[]
} {
  const problems: Problem[] = unknownNames(source.env)
  const text = createTextReader(source, problems)
  const path = (name: SettingName) => {
    const value = text(name)
    return value === null ? null : resolve(source.folder, value)
  }
  const report = (name: string, what: string, remedy: string) => {
    problems.push({ source: name, what, remedy })
  }
  const url = (name: SettingName) => readUpstream(name, text(name), report)
  const stateDir = path('GATEKEEPER_STATE_DIR') ?? source.folder
  const listen = (name: SettingName, part: string) =>
    readListen(name, text(name, false), { part, stateDir, source, report })

  const checkListen = listen('GATEKEEPER_CHECK_LISTEN', 'check')
  const platform = readPlatform(text, report)
  // A platform leads to one port, so the console has none there unless the operator says so.
  const consoleState = text('GATEKEEPER_CONSOLE', platform === null) ?? 'off'
  const hasConsole = readSwitch('GATEKEEPER_CONSOLE', consoleState, report)

  const settings: Settings = {
    sites: readSites('GATEKEEPER_SITE', text('GATEKEEPER_SITE') ?? '', report),
    ...readFront(platform, text, report),
    platform,
    relayListen: listen('GATEKEEPER_RELAY_LISTEN', 'relay'),
    checkListen,
    opsListen: listen('GATEKEEPER_OPS_LISTEN', 'ops'),
    outcomesListen: besideCheck(checkListen, source),
    explainListen: socketIn(stateDir, source, 'control/explain'),
    adminListen: hasConsole ? socketIn(stateDir, source, 'control/admin') : null,
    consoleListen: hasConsole ? socketIn(stateDir, source, 'front/console') : null,
    console: readConsole(text, report),
    metricsToken: text('GATEKEEPER_METRICS_TOKEN'),
    adminKey: readAdminKey(text('ADMIN_API_KEY'), report),
    stateDir,
    sharedDir: path('GATEKEEPER_SHARED_DIR') ?? stateDir,
    keysDir: path('GATEKEEPER_KEYS_DIR') ?? source.folder,
    configFile: path('GATEKEEPER_CONFIG') ?? source.folder,
    promptsDir: path('GATEKEEPER_PROMPTS_DIR') ?? source.folder,
    vault: {
      keys: readVaultRing('GATEKEEPER_VAULT_KEY', text('GATEKEEPER_VAULT_KEY'), report),
      folder: path('GATEKEEPER_VAULT_DIR') ?? source.folder,
      publicFile: join(stateDir, 'vault', 'public.json'),
    },
    ollamaUrl: url('OLLAMA_URL'),
    litellmUrl: url('LITELLM_URL'),
    ttsUrl: url('TTS_URL'),
    whisperUrl: url('WHISPER_URL'),
    imageUrl: url('IMAGE_URL'),
    litellmMasterKey: text('LITELLM_MASTER_KEY'),
    apiKeysFile: path('API_KEYS_FILE'),
    origins: readOrigins('ALLOWED_ORIGINS', text('ALLOWED_ORIGINS'), report),
    allowNoOrigin: readTruth('ALLOW_MOBILE_NO_ORIGIN', text('ALLOW_MOBILE_NO_ORIGIN'), report),
    logLevel: readLogLevel('GATEKEEPER_LOG_LEVEL', text('GATEKEEPER_LOG_LEVEL') ?? '', report),
    logDir: path('GATEKEEPER_LOG_DIR'),
    caddy: text('GATEKEEPER_CADDY'),
    demo: readFlag('GATEKEEPER_DEMO', text('GATEKEEPER_DEMO'), report),
    oauth: readOAuth(text, report),
    signIn: readSignIn(text, report),
    providers: readProviders(text, report),
    widget: readWidget(text, report),
  }
  if (settings.httpsPort === settings.httpPort) {
    report(
      'GATEKEEPER_HTTP_PORT',
      'is the same port as GATEKEEPER_HTTPS_PORT',
      'Choose another one.',
    )
  }
  if (hasConsole) checkConsole(settings.console, settings, report)
  checkListeners(settings, report)
  checkHostFile(settings.apiKeysFile, source, report)
  return { settings, problems }
}

/** Where Caddy listens, and the port that clients call. A platform says both. */
function readFront(
  platform: Platform | null,
  text: (name: SettingName) => string | null,
  report: Report,
): Pick<Settings, 'bind' | 'httpsPort' | 'httpPort'> {
  if (platform !== null) {
    return { bind: '0.0.0.0', httpsPort: platformHttpsPort, httpPort: platform.port }
  }
  const port = (name: SettingName) => readPort(name, text(name) ?? '', report)
  return {
    bind: readAddress('GATEKEEPER_BIND', text('GATEKEEPER_BIND') ?? '', report),
    httpsPort: port('GATEKEEPER_HTTPS_PORT'),
    httpPort: port('GATEKEEPER_HTTP_PORT'),
  }
}

function readProviders(text: (name: string) => string | null, report: Report) {
  const entries = providers.flatMap(({ name, provider }) => {
    const names = settingNames(provider.variable)
    const apiKey = text(names.key)
    const baseUrl = readUpstream(names.baseUrl, text(names.baseUrl), report)
    if (baseUrl !== null && !isSafeForKeys(new URL(baseUrl))) {
      report(names.baseUrl, 'would send a key in clear', 'Write an https:// address.')
    }
    return apiKey === null && baseUrl === null ? [] : [[name, { apiKey, baseUrl }] as const]
  })
  return Object.fromEntries(entries)
}

const adminKeyCharsMin = 32

function readAdminKey(secret: string | null, report: Report): string | null {
  if (secret !== null && secret.length < adminKeyCharsMin) {
    const what = `is shorter than ${adminKeyCharsMin} characters and could be guessed`
    report('ADMIN_API_KEY', what, 'Generate one: openssl rand -hex 32.')
  }
  return secret
}

/** The place where docker-compose.yml mounts the folder of API_KEYS_FILE. */
const hostFolder = '/mnt/host/clone/'

/** In a container, a file that is not mounted would look like one that does not exist yet. */
function checkHostFile(path: string | null, { readFile }: SettingsSource, report: Report): void {
  if (!path?.startsWith(hostFolder)) return
  try {
    readFile(path)
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return
    const named = path.slice(hostFolder.length)
    report(
      'API_KEYS_FILE',
      `names ${named}, which does not exist in this container`,
      'Use the path of a file on this machine, absolute or relative to this folder, then run: docker compose up -d.',
    )
  }
}

const metricsTokenCharsMin = 24

/**
 * The ops listener answers every client that can connect, and no two listeners may share an
 * address.
 */
function checkListeners(settings: Settings, report: Report): void {
  const { opsListen, metricsToken } = settings
  if (metricsToken === null && opsListen.kind === 'tcp' && !isLoopback(opsListen.host)) {
    report(
      'GATEKEEPER_OPS_LISTEN',
      'would be reachable from other machines',
      'Use unix:PATH or 127.0.0.1:PORT, or set GATEKEEPER_METRICS_TOKEN_FILE to let scrapers in.',
    )
  }
  if (metricsToken !== null && metricsToken.length < metricsTokenCharsMin) {
    const remedy = 'Generate one: openssl rand -hex 32.'
    report(
      'GATEKEEPER_METRICS_TOKEN',
      `is shorter than ${metricsTokenCharsMin} characters and could be guessed`,
      remedy,
    )
  }
  const places = [
    ['GATEKEEPER_RELAY_LISTEN', settings.relayListen],
    ['GATEKEEPER_CHECK_LISTEN', settings.checkListen],
    ['GATEKEEPER_OPS_LISTEN', settings.opsListen],
  ] as const
  const owners = new Map<string, string>()
  for (const [name, listen] of places) {
    const place = toCaddyAddress(listen)
    const owner = owners.get(place)
    // Port 0 stands for a value that could not be read, which is reported separately.
    const isRead = listen.kind === 'unix' || listen.port !== 0
    if (owner !== undefined && isRead)
      report(name, `is the same address as ${owner}`, 'Choose another.')
    owners.set(place, name)
  }
}

/** Whether a setting can be in a file, which `NAME_FILE` names. */
export function hasFile(kind: SettingRow['kind']): boolean {
  return readers[kind] !== undefined
}

function namesOf(row: SettingRow): string[] {
  const names = [row.name, ...(row.aliases ?? [])]
  return hasFile(row.kind) ? names.flatMap((name) => [name, `${name}_FILE`]) : names
}

function unknownNames(env: SettingsSource['env']): Problem[] {
  const known = new Set(allRows.flatMap(namesOf))
  return Object.keys(env)
    .filter((name) => name.startsWith('GATEKEEPER_') && !known.has(name))
    .sort()
    .map((name) => ({
      source: name,
      what: 'is not a setting of Gatekeeper',
      remedy: suggestName(nearestWord(name, known)),
    }))
}

function suggestName(name: string | null): string {
  return name === null
    ? 'Remove it; `.env.example` lists all settings.'
    : `Did you mean ${name}? Otherwise remove it.`
}

function createTextReader(source: SettingsSource, problems: Problem[]) {
  return (name: string, withFallback = true): string | null => {
    const row = allRows.find((candidate) => candidate.name === name) as SettingRow
    // An empty variable counts as unset: compose files pass `X=${X:-}` along.
    const set = namesOf(row).filter((candidate) => (source.env[candidate] ?? '') !== '')
    const [first, second] = set
    // One value under two names that people know is no contradiction.
    const isSame = source.env[first ?? ''] === source.env[second ?? '']
    if (first !== undefined && second !== undefined && !isSame) {
      problems.push({
        source: first,
        what: `is set together with ${second}`,
        remedy: 'Set only one of them.',
      })
    }
    if (first === undefined) return withFallback ? row.fallback : null
    const value = source.env[first] as string
    const read = readers[row.kind]
    return read === undefined ? value.trim() : read(first, value, { source, problems })
  }
}

type At = { readonly source: SettingsSource; readonly problems: Problem[] }

/** Reads the settings that can be in a file; `name` ends in `_FILE` if this one is. */
const readers: Readonly<
  Partial<Record<SettingRow['kind'], (name: string, value: string, at: At) => string | null>>
> = {
  secret: (name, value, at) =>
    name.endsWith('_FILE')
      ? readSecretFile(name, resolve(at.source.folder, value), at)
      : readSecret(name, value.trim(), at.problems),
  prose: (name, value, at) =>
    name.endsWith('_FILE') ? readProseFile(name, resolve(at.source.folder, value), at) : value,
}

function readSecret(name: string, secret: string, problems: Problem[]): string | null {
  if (isVisibleAscii(secret)) return secret
  problems.push({
    source: name,
    what: 'is not one line of visible characters',
    remedy: 'Set it to the secret alone, without spaces or line breaks.',
  })
  return null
}

function readSecretFile(name: string, path: string, at: At): string | null {
  const report = (what: string, remedy: string) => {
    at.problems.push({ source: name, what: `names ${path}, which ${what}`, remedy })
  }
  try {
    const secret = at.source.readFile(path).trim()
    if (isVisibleAscii(secret)) return secret
    report(
      secret === '' ? 'is empty' : 'has more than one line, or characters that cannot be sent',
      'Write the secret into it as one line.',
    )
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const encoding = describeEncoding(code ?? '')
    if (encoding !== null) report(encoding.what, encoding.remedy)
    else report(`cannot be read (${code})`, 'Make it readable for this user, or correct the path.')
  }
  return null
}

function readProseFile(name: string, path: string, { source, problems }: At): string | null {
  try {
    return source.readFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const { what, remedy } = describeEncoding(code ?? '') ?? {
      what: `cannot be read (${code})`,
      remedy: 'Make it readable for this user, or correct the path.',
    }
    problems.push({ source: name, what: `names ${path}, which ${what}`, remedy })
    return null
  }
}

function readListen(
  name: string,
  text: string | null,
  at: { part: string; stateDir: string; source: SettingsSource; report: Report },
): Listen {
  const listen = text === null ? defaultListen(at) : parseListen(text, at.source.folder)
  if (typeof listen !== 'string') return listen
  at.report(
    name,
    `${listen}`,
    'Set it to unix:/run/gatekeeper/x.sock or 127.0.0.1:9001, for example.',
  )
  return { kind: 'tcp', host: '127.0.0.1', port: 0 }
}

const fallbackPorts: Readonly<Record<string, number>> = { relay: 9001, check: 9002, ops: 9003 }

/**
 * Returns a unix socket in the state folder; a loopback port if its path is too long, and on
 * Windows.
 */
function defaultListen(at: { part: string; stateDir: string; source: SettingsSource }): Listen {
  const tcp: Listen = { kind: 'tcp', host: '127.0.0.1', port: fallbackPorts[at.part] as number }
  return socketIn(at.stateDir, at.source, at.part) ?? tcp
}

/** Returns a socket that Caddy can reach in the same way as the one for checks. */
function besideCheck(check: Listen, { folder }: SettingsSource): Listen | null {
  if (check.kind !== 'unix') return null
  const listen = parseListen(`unix:${join(dirname(check.path), 'outcomes.sock')}`, folder)
  return typeof listen === 'string' ? null : listen
}

/** Returns a unix socket in the state folder; null if its path is too long, and on Windows. */
function socketIn(stateDir: string, source: SettingsSource, part: string): Listen | null {
  if (source.platform === 'win32') return null
  const listen = parseListen(`unix:${join(stateDir, 'run', `${part}.sock`)}`, source.folder)
  return typeof listen === 'string' ? null : listen
}
