import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Agent } from 'undici'
import { runCommand } from '../../real/parts/command.ts'
import { type Log, repositoryRoot } from '../../real/parts/part.ts'
import { unqueuedGateway } from '../../support/gateway-file.ts'
import { testCaddy } from '../../support/stack.ts'
import { type Engine, startEngine } from '../engine/engine.ts'
import { addFakeOllama, addRealOllama, caddyRoot, importImage, nodeRoot } from '../engine/images.ts'

const httpsPort = 8443
/** Ollama itself in an image, if the suite of real parts has built it on this machine. */
export const realOllama = 'ollama/ollama:real'
/** Builds with the host's network, in the one phase that has it; later builds are cached. */
const hostNetwork = [
  'caddy',
  'gatekeeper',
  'admin',
  'keys',
  'people',
  'vault',
  'ollama',
  'ollama-pull',
]
  .map((name) => `  ${name}: { build: { network: host } }\n`)
  .join('')

export type Answer = { readonly status: number; readonly text: string; readonly ms: number }

export type SendOptions = { readonly key?: string | undefined; readonly json?: unknown }

/** A user's clone with a real engine, and this process as the other host on its network. */
export type Deployment = {
  readonly engine: Engine
  readonly clone: string
  readonly log: Log
  /** `docker compose WORDS` in the clone. */
  readonly compose: (...words: string[]) => Promise<string>
  /** A script of the guide, line by line, on the engine's host. */
  readonly shell: (script: string) => Promise<string>
  /** From the other host; rejects if no answer arrives. */
  readonly send: (path: string, options?: SendOptions) => Promise<Answer>
  readonly url: string
  readonly ca: () => Promise<string>
  readonly dispatcher: () => Promise<Agent>
  readonly hasRealOllama: boolean
  readonly stop: () => Promise<void>
}

export async function openDeployment(log: Log): Promise<Deployment> {
  let clone = ''
  let hasRealOllama = false
  const engine = await startEngine(async (builder) => {
    clone = path.join(builder.folder, 'clone')
    await makeClone(clone)
    // 200 streams of one key run side by side here; as shipped they would wait for each other.
    await writeFile(path.join(clone, 'gatekeeper.yaml'), unqueuedGateway)
    hasRealOllama = await importStandIns(builder, clone, log)
    const extra = path.join(builder.folder, 'build.yaml')
    await writeFile(extra, `services:\n${hostNetwork}`)
    const files = ['-f', 'docker-compose.yml', '-f', extra]
    const words = ['compose', ...files, '--profile', 'ollama', 'build', '--quiet']
    await runCommand('docker', words, {
      ...{ cwd: clone, timeoutSeconds: 240, env: { ...builder.env }, log },
    })
  }, log)
  return { ...createDeployment(engine, clone, log), hasRealOllama }
}

/** The content of a clone of this tree: every file that git tracks or would add. */
export async function makeClone(clone: string): Promise<void> {
  const copy = `mkdir '${clone}' && git ls-files -co --exclude-standard -z |
    xargs -0 sh -c 'for file; do [ -e "$file" ] && printf "%s\\0" "$file"; done' sh |
    tar --null -T - -c | tar -C '${clone}' -x && chown -R 1000:1000 '${clone}'`
  await runCommand('bash', ['-o', 'pipefail', '-c', copy], {
    ...{ cwd: repositoryRoot, timeoutSeconds: 60 },
  })
}

async function importStandIns(
  { env, folder }: Pick<Engine, 'env' | 'folder'>,
  clone: string,
  log: Log,
): Promise<boolean> {
  const images = await readPins(clone)
  const caddy = await caddyRoot(folder, testCaddy ?? '', log)
  await importImage(images.caddy, caddy, env)
  const node = await nodeRoot(folder, log)
  await importImage(images.node, node, env)
  await importImage(images.ollama, await addFakeOllama(node), env)
  const real = await addRealOllama(node)
  if (real !== null) await importImage(realOllama, real, env)
  return real !== null
}

/** The defaults of `x-images`. */
export async function readPins(
  clone: string,
): Promise<Readonly<Record<'node' | 'caddy' | 'ollama' | 'litellm', string>>> {
  const text = await readFile(path.join(clone, 'docker-compose.yml'), 'utf8')
  const pin = (name: string) => {
    const found = new RegExp(
      `^  ${name}: &${name}-image \\$\\{[A-Z]+_IMAGE:-([^}]+)\\}$`,
      'm',
    ).exec(text)?.[1]
    if (found === undefined) throw new Error(`docker-compose.yml pins no image of ${name}`)
    return found
  }
  return { node: pin('node'), caddy: pin('caddy'), ollama: pin('ollama'), litellm: pin('litellm') }
}

function createDeployment(
  engine: Engine,
  clone: string,
  log: Log,
): Omit<Deployment, 'hasRealOllama'> {
  const { namespace, engineAddress } = engine.network
  const env = { ...engine.env }
  const url = `https://${engineAddress}:${httpsPort}`
  const onHost = ['--net', `/run/netns/${namespace}`].join('=')
  const shell = (script: string) =>
    runCommand('nsenter', [onHost, 'bash', '-euo', 'pipefail', '-c', script], {
      ...{ cwd: clone, timeoutSeconds: 150, env },
    })
  const compose = (...words: string[]) =>
    runCommand('docker', ['compose', ...words], { cwd: clone, timeoutSeconds: 150, env })
  const ca = () =>
    compose('exec', '-T', 'caddy', 'cat', '/state/caddy/pki/authorities/local/root.crt')
  let agent: Promise<Agent> | null = null
  const dispatcher = () => {
    agent ??= ca().then((text) => new Agent({ connect: { ca: text }, allowH2: false }))
    return agent
  }
  const send = async (target: string, { key, json }: SendOptions = {}): Promise<Answer> => {
    const startedAt = performance.now()
    const answer = await (await dispatcher()).request({
      ...{ origin: url, path: target, method: json === undefined ? 'GET' : 'POST' },
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
      },
      body: json === undefined ? null : JSON.stringify(json),
      signal: AbortSignal.timeout(30_000),
    })
    const text = await answer.body.text()
    return { status: answer.statusCode, text, ms: performance.now() - startedAt }
  }
  const stop = async () => {
    await (await agent)?.destroy()
    await engine.stop()
  }
  return { engine, clone, log, compose, shell, send, url, ca, dispatcher, stop }
}

/** Writes a `.env`, and services next to ours, as users do; then starts everything. */
export async function configure(
  { clone, engine, compose }: Deployment,
  { env, services }: { readonly env: readonly string[]; readonly services: string },
): Promise<void> {
  const own = 'docker-compose.override.yml'
  await writeFile(path.join(clone, own), services)
  const files = `COMPOSE_FILE=docker-compose.yml:${own}:${engine.folder}/build.yaml`
  await writeFile(path.join(clone, '.env'), [files, ...env, ''].join('\n'))
  await compose('up', '-d', '--wait')
}
