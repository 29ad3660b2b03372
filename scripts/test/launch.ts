/** Starts the launcher as people do, as a process of its own, for tests. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** A folder, two ports and an environment for one installation, which may be started many times. */
export type Setup = {
  readonly folder: string
  readonly port: number
  readonly consolePort: number
  readonly env: Readonly<Record<string, string>>
  /** Starts the launcher; `isTerminal` puts it on a pseudo-terminal. */
  launch(options?: LaunchOptions): Launch
  remove(): Promise<void>
}

type LaunchOptions = {
  readonly env?: Readonly<Record<string, string>>
  readonly isTerminal?: boolean
  /** Words for the launcher, such as `--dev`. */
  readonly words?: readonly string[]
}

export type Launch = {
  readonly process: ChildProcessWithoutNullStreams
  stdout(): string
  stderr(): string
  /** Resolves with the seconds that it took; rejects when it ends before. */
  ready(): Promise<number>
  ended: Promise<number>
}

export async function openSetup(): Promise<Setup> {
  const folder = await mkdtemp(join(tmpdir(), 'gk-start-'))
  const [https, http, console] = await findFreePorts()
  const env = {
    ...withoutSettings(process.env),
    GATEKEEPER_STATE_DIR: join(folder, 'state'),
    GATEKEEPER_VAULT_DIR: join(folder, 'vault'),
    GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
    GATEKEEPER_HTTPS_PORT: String(https),
    GATEKEEPER_HTTP_PORT: String(http),
    GATEKEEPER_CONSOLE_PORT: String(console),
    GATEKEEPER_DEMO: '1',
    ...(process.env['GATEKEEPER_TEST_CADDY'] && {
      GATEKEEPER_CADDY: process.env['GATEKEEPER_TEST_CADDY'],
    }),
  }
  const launches: Launch[] = []
  return {
    folder,
    port: https,
    consolePort: console,
    env,
    launch(options = {}) {
      const launch = launchWith({ ...env, ...options.env }, options)
      launches.push(launch)
      return launch
    },
    async remove() {
      for (const { process, ended } of launches) {
        process.kill('SIGTERM')
        await ended
      }
      // A launcher whose terminal was closed is still stopping, and writes until then.
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
    },
  }
}

/** The environment without anything that would change how the launcher behaves. */
function withoutSettings(env: NodeJS.ProcessEnv): Record<string, string> {
  const isOurs = (name: string) => /^(GATEKEEPER_|OLLAMA_|LITELLM_|API_KEYS_FILE|npm_)/.test(name)
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !isOurs(entry[0]),
    ),
  )
}

async function findFreePorts(): Promise<[number, number, number]> {
  // All at once, so that they differ.
  const servers = [createServer(), createServer(), createServer()]
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening')
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  for (const server of servers) server.close()
  return ports as [number, number, number]
}

function launchWith(
  env: Record<string, string>,
  { isTerminal = false, words: given = [] }: LaunchOptions,
): Launch {
  const program = [join(root, 'scripts/bootstrap.mjs'), 'scripts/start.ts']
  const words = [process.execPath, ...program, ...given]
  const terminal = ['python3', join(import.meta.dirname, 'on-terminal.py')]
  const [command = '', ...rest] = isTerminal ? [...terminal, ...words] : words
  const startedAt = performance.now()
  const child = spawn(command, rest, { cwd: root, env })
  let out = ''
  let err = ''
  const isReady = () => /^ready/m.test(out)
  const ended = once(child, 'close').then(([code, signal]) => (signal ? -1 : (code as number)))
  const ready = new Promise<number>((done, fail) => {
    child.stdout.on('data', (data) => {
      out += data
      if (isReady()) done((performance.now() - startedAt) / 1000)
    })
    ended.then((code) => fail(new Error(`ended with ${code} before ready:\n${out}${err}`)))
  })
  // Most tests of a failure do not wait for it.
  ready.catch(() => {})
  child.stderr.on('data', (data) => {
    err += data
  })
  return { process: child, stdout: () => out, stderr: () => err, ready: () => ready, ended }
}

/** The processes under one, by what their command line contains. */
export function findDescendants(pid: number, words: string): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, id, parent, args = '']) => ({ id: Number(id), parent: Number(parent), args }))
  const below = (parent: number): typeof rows =>
    rows.filter((row) => row.parent === parent).flatMap((row) => [row, ...below(row.id)])
  return below(pid)
    .filter(({ args }) => args.includes(words))
    .map(({ id }) => id)
}
