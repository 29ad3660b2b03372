/**
 * The whole system for a test: a counting upstream, the gatekeeper as a process, and the real Caddy
 * in front with the Caddyfile that we ship. Nothing is shared between two stacks.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Agent } from 'undici'
import { caddyEnvironment } from '../../../scripts/caddy/caddy-environment.ts'
import { findCaddyTimeouts } from '../../../scripts/caddy/caddy-timeouts.ts'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { type Child, startChild, waitUntil } from './child.ts'
import { freePort } from './free-port.ts'
import { twoPointGateway } from './gateway-file.ts'
import { keyFileText, type TestKey } from './keys.ts'
import { testMain } from './main.ts'

const root = resolve(import.meta.dirname, '../../..')

/** The Caddy that `npm test` found; null if there is none, and then the tests are skipped. */
export const testCaddy: string | null = process.env['GATEKEEPER_TEST_CADDY'] || null

export type StackOptions = {
  readonly keys?: readonly TestKey[]
  /** Text of a gatekeeper.yaml; by default the shipped one with `/chat` in check mode. */
  readonly config?: string
  /** Further files of the key folder, by their names. */
  readonly files?: Readonly<Record<string, string>>
  /** Edits the shipped Caddyfile. */
  readonly caddyfile?: (text: string) => string
  readonly env?: Readonly<Record<string, string>>
  /** The value of OLLAMA_URL instead of the counting upstream. */
  readonly ollamaUrl?: string
}

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export type Stack = {
  readonly upstream: FaultyUpstream
  readonly url: string
  readonly httpsPort: number
  readonly httpPort: number
  /** `startConsole` starts what answers there. */
  readonly consolePort: number
  readonly ca: string
  readonly caFile: string
  readonly stateDir: string
  readonly keysFile: string
  /** The environment of the gatekeeper: a test that kills it starts the next one with this. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly gatekeeper: Child
  readonly caddy: Child
  /** The next Caddy, for a test that ended this one. */
  readonly startCaddy: () => Promise<Child>
  readonly dispatcher: Agent
  /** One request through Caddy. */
  readonly send: (path: string, options?: SendOptions) => Promise<Answer>
  readonly stop: () => Promise<void>
}

export type SendOptions = {
  readonly method?: string
  readonly key?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly json?: unknown
  readonly body?: string | Buffer
}

/**
 * Starts upstream, gatekeeper and Caddy on free ports and waits until all of them answer. Where
 * another process took a port between the search and the use, it starts again.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  for (let turn = 1; ; turn++) {
    try {
      return await startOnce(options)
    } catch (error) {
      if (turn === 3 || !String(error).includes('address already in use')) throw error
    }
  }
}

async function startOnce(options: StackOptions): Promise<Stack> {
  // With a space, as people's folders have.
  const folder = mkdtempSync(join(tmpdir(), 'gk '))
  const upstream = await startFaultyUpstream({ pauseMs: 5 })
  const files = await writeFiles(folder, options)
  const [httpsPort, httpPort, consolePort] = await freePorts()
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    GATEKEEPER_STATE_DIR: files.stateDir,
    GATEKEEPER_KEYS_DIR: files.keysDir,
    GATEKEEPER_CONFIG: files.config,
    GATEKEEPER_VAULT_DIR: join(folder, 'vault'),
    GATEKEEPER_HTTPS_PORT: String(httpsPort),
    GATEKEEPER_HTTP_PORT: String(httpPort),
    GATEKEEPER_CONSOLE_PORT: String(consolePort),
    OLLAMA_URL: options.ollamaUrl ?? upstream.url,
    ...options.env,
  }
  const gatekeeper = startGatekeeper(env)
  await waitUntil(() => gatekeeper.output().includes('gatekeeper ready'), {
    ...{ limitMs: 60_000, child: gatekeeper, describe: gatekeeper.output },
  })
  const caddy = await startCaddy(files.caddyfile, env)
  const caFile = join(files.stateDir, 'caddy/pki/authorities/local/root.crt')
  await waitUntil(() => existsSync(caFile) && caddy.output().includes('serving initial'), {
    ...{ limitMs: 60_000, child: caddy, describe: caddy.output },
  })
  const ca = readFileSync(caFile, 'utf8')
  const dispatcher = new Agent({ connect: { ca }, allowH2: false, headersTimeout: 60_000 })
  const url = `https://localhost:${httpsPort}`
  const send = createSend(url, dispatcher)
  const described = { child: caddy, describe: () => caddy.output() + gatekeeper.output() }
  await waitUntil(async () => (await send('/health').catch(() => null))?.status === 200, {
    ...{ limitMs: 15_000, ...described },
  })
  const hosts = hostsOf(readFileSync(files.config, 'utf8'))
  await waitUntil(() => hosts.every((host) => hasCertificate(files.stateDir, host)), {
    ...{ limitMs: 60_000, ...described },
  })
  return {
    ...{ upstream, url, httpsPort, httpPort, consolePort, ca, caFile, env, gatekeeper, caddy },
    ...{ dispatcher, send },
    startCaddy: () => startCaddy(files.caddyfile, env),
    stateDir: files.stateDir,
    keysFile: join(files.keysDir, 'keys.json'),
    stop: async () => {
      await dispatcher.destroy()
      await caddy.stop()
      await gatekeeper.stop()
      await upstream.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePorts(): Promise<[number, number, number]> {
  return [await freePort(), await freePort(), await freePort()]
}

/** Returns the names of services' own sites, which get certificates of our own authority. */
const hostsOf = (config: string) =>
  [...config.matchAll(/\bhost: ([a-z0-9.-]+\.localhost)\b/g)].map(([, host = '']) => host)

/** Caddy gets the certificates of its sites one after the other, after it began to serve. */
const hasCertificate = (stateDir: string, host: string) =>
  existsSync(join(stateDir, 'caddy/certificates/local', host, `${host}.crt`))

/** Starts the gatekeeper alone. */
export function startGatekeeper(env: Readonly<Record<string, string | undefined>>): Child {
  return startChild(process.execPath, [testMain], env)
}

async function startCaddy(
  caddyfile: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Child> {
  const { settings } = readSettings({
    ...{ env, folder: root, platform: process.platform },
    readFile: (path) => readFileSync(path, 'utf8'),
  })
  const timeouts = await findCaddyTimeouts(testCaddy ?? 'caddy')
  const words = ['run', '--config', caddyfile, '--adapter', 'caddyfile']
  return startChild(
    testCaddy ?? 'caddy',
    words,
    caddyEnvironment(settings, { env, timeouts, ollamaUrl: settings.ollamaUrl, isTerminal: false }),
  )
}

async function writeFiles(folder: string, options: StackOptions) {
  const stateDir = join(folder, 'state')
  const keysDir = join(folder, 'keys')
  await mkdir(keysDir)
  if (options.keys) writeFileSync(join(keysDir, 'keys.json'), keyFileText(options.keys))
  for (const [name, text] of Object.entries(options.files ?? {})) {
    writeFileSync(join(keysDir, name), text)
  }
  const config = join(folder, 'gatekeeper.yaml')
  const text = options.config ?? twoPointGateway
  // Tests send many bad keys from one address, and their machine may be very busy; both limits
  // have tests of their own.
  const added = [
    ...(text.includes('attempts:') ? [] : ['attempts: {burst: 1000000, perMinute: 1000000}']),
    ...(text.includes('overload:') ? [] : ['overload: {lagMs: 60000}']),
  ]
  writeFileSync(config, [text, ...added, ''].join('\n'))
  const caddyfile = join(folder, 'Caddyfile')
  const shipped = readFileSync(join(root, 'caddy/Caddyfile'), 'utf8')
  writeFileSync(caddyfile, options.caddyfile?.(shipped) ?? shipped)
  return { stateDir, keysDir, config, caddyfile }
}

/** Returns a function that sends one request to the origin. */
export function createSend(url: string, dispatcher: Agent) {
  return async (path: string, options: SendOptions = {}): Promise<Answer> => {
    const isJson = options.json !== undefined
    const answer = await dispatcher.request({
      // Not by URL, which would normalise the paths of the attacks.
      origin: url,
      path,
      method: (options.method ?? (isJson ? 'POST' : 'GET')) as 'GET',
      headers: {
        ...(isJson && { 'content-type': 'application/json' }),
        ...(options.key !== undefined && { authorization: `Bearer ${options.key}` }),
        ...options.headers,
      },
      ...(isJson && { body: JSON.stringify(options.json) }),
      ...(options.body !== undefined && { body: options.body }),
    })
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
  }
}
