import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readSettings } from '../gatekeeper/src/config/read-settings.ts'
import { LoadConnection, type Target } from '../gatekeeper/test/slow/support/load-connection.ts'
import { type Child, waitUntil } from '../gatekeeper/test/support/child.ts'
import { freePort } from '../gatekeeper/test/support/free-port.ts'
import { twoPointGateway } from '../gatekeeper/test/support/gateway-file.ts'
import { keyFileText, type TestKey } from '../gatekeeper/test/support/keys.ts'
import { caddyEnvironment } from '../scripts/caddy/caddy-environment.ts'
import { findCaddyTimeouts } from '../scripts/caddy/caddy-timeouts.ts'
import { planGatekeeperNode } from '../scripts/start/gatekeeper-node.ts'
import { addBenchBlocks } from './caddyfile.ts'
import { startProcess, waitForOutput } from './processes.ts'

export const root = resolve(import.meta.dirname, '..')

/** A folder with everything that one Caddy and one gatekeeper (or its replacement) need. */
export type Place = {
  readonly folder: string
  readonly stateDir: string
  readonly keysFile: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** `name` is the folder below `parent`; its length is limited by the length of socket paths. */
export async function preparePlace(
  parent: string,
  name: string,
  { keys, appUrl }: { keys: readonly TestKey[]; appUrl: string },
): Promise<Place> {
  const folder = join(parent, name)
  const [stateDir, keysDir] = [join(folder, 'state'), join(folder, 'keys')]
  const config = join(folder, 'gatekeeper.yaml')
  mkdirSync(join(stateDir, 'run'), { recursive: true, mode: 0o700 })
  mkdirSync(keysDir)
  const keysFile = join(keysDir, 'keys.json')
  writeFileSync(keysFile, keyFileText(keys))
  // The app answers many requests at once, unlike Ollama, because the queue is not measured.
  const members =
    '    slots: unlimited\n    prices: {"*": {inputUsdPerMillion: 1, outputUsdPerMillion: 2}}\n'
  const open = twoPointGateway.replace('    kind: ollama\n', `    kind: ollama\n${members}`)
  // During a reload, requests with a new key repeat until the key is valid.
  const attempts = 'attempts: {burst: 1000000, perMinute: 1000000}'
  // Overload protection is not measured either: all requests must be answered.
  writeFileSync(config, `${open}\n${attempts}\noverload: {lagMs: 60000}\nreads: 10m/min\n`)
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    GATEKEEPER_STATE_DIR: stateDir,
    GATEKEEPER_VAULT_DIR: join(stateDir, 'vault-keys'),
    GATEKEEPER_KEYS_DIR: keysDir,
    GATEKEEPER_CONFIG: config,
    GATEKEEPER_HTTPS_PORT: String(await freePort()),
    GATEKEEPER_HTTP_PORT: String(await freePort()),
    GATEKEEPER_CONSOLE_PORT: String(await freePort()),
    OLLAMA_URL: appUrl,
    LITELLM_URL: appUrl,
    TTS_URL: appUrl,
    // A provider, on this machine.
    OPENAI_API_KEY: 'account-key-of-the-bench',
    OPENAI_BASE_URL: `${appUrl}/v1`,
  }
  return { folder, stateDir, keysFile, env }
}

/** Registers a step that runs at the end, however the bench ends; the last step runs first. */
export type Undo = (step: () => unknown) => void

/** Starts the gatekeeper and waits until it is ready; `flags` are for Node. */
export async function startGatekeeper(
  place: Place,
  { undo, flags = [] }: { undo: Undo; flags?: readonly string[] },
): Promise<Child> {
  const node = planGatekeeperNode(root)
  const gatekeeper = startProcess({
    command: process.execPath,
    words: [...flags, ...node.words],
    env: { ...node.env, ...place.env },
    outputFile: join(place.folder, 'gatekeeper.log'),
  })
  undo(gatekeeper.stop)
  await waitForOutput(gatekeeper, 'gatekeeper ready')
  return gatekeeper
}

/** A Caddy with our Caddyfile that is ready for requests. */
export type Front = { readonly caddy: Child; readonly target: Target; readonly place: Place }

export type FrontOptions = {
  readonly caddyPath: string
  readonly undo: Undo
  readonly peerBlocks: readonly string[]
}

/** The programs behind its sockets must be running already. */
export async function startFront(
  place: Place,
  { caddyPath, undo, peerBlocks }: FrontOptions,
): Promise<Front> {
  const caddyfile = join(place.folder, 'Caddyfile')
  const shipped = readFileSync(join(root, 'caddy/Caddyfile'), 'utf8')
  writeFileSync(caddyfile, addBenchBlocks(shipped, peerBlocks))
  const { settings } = readSettings({
    ...{ env: place.env, folder: root, platform: process.platform },
    readFile: (path) => readFileSync(path, 'utf8'),
  })
  const timeouts = await findCaddyTimeouts(caddyPath)
  const surroundings = { env: place.env, timeouts, ollamaUrl: settings.ollamaUrl }
  const caddy = startProcess({
    command: caddyPath,
    words: ['run', '--config', caddyfile, '--adapter', 'caddyfile'],
    env: caddyEnvironment(settings, { ...surroundings, isTerminal: false }),
    outputFile: join(place.folder, 'caddy.log'),
  })
  undo(caddy.stop)
  const caFile = join(place.stateDir, 'caddy/pki/authorities/local/root.crt')
  await waitUntil(() => existsSync(caFile) && caddy.output().includes('serving initial'), {
    ...{ limitMs: 30_000, child: caddy, describe: caddy.output },
  })
  const target = { port: settings.httpsPort, ca: readFileSync(caFile, 'utf8') }
  await waitUntil(() => isAnswering(target), {
    ...{ limitMs: 15_000, child: caddy, describe: caddy.output },
  })
  return { caddy, target, place }
}

/** The certificate is ready a moment after the port. */
async function isAnswering(target: Target): Promise<boolean> {
  const connection = new LoadConnection(target)
  const answer = await connection.ask('GET /plain/ready HTTP/1.1\r\nHost: localhost\r\n\r\n')
  connection.close()
  return answer?.status === 200
}
