/** Ollama itself, built from its Go module with its own llama.cpp runner. */
import { cp, mkdir, mkdtemp } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { cached, installDebianPackages, removeFolder } from './cache.ts'
import { runCommand, succeeds } from './command.ts'
import { forkyRoot } from './forky-root.ts'
import { availability, type Log, type Part, type Running, type StartOptions } from './part.ts'
import { startServer } from './server.ts'
import { readTinyModel } from './tiny-model.ts'

const module = 'github.com/ollama/ollama'
// The newest release that the Go module proxy has.
const version = '0.17.4'
const moduleSum = 'h1:X3KNm9x4BlHqk/AXMGtC7pBAFd46nmJmy8yDaBZLo9s='

export type OllamaOptions = StartOptions & {
  /** The names under which the one tiny model is created; `['tiny']` unless given. */
  models?: readonly string[]
}

/**
 * Serves all of Ollama's API, /v1/chat/completions and /v1/messages included. The first provision
 * compiles for three to six minutes on two cores.
 */
export const ollama: Part<OllamaOptions> = {
  name: 'ollama',
  provision: (log) =>
    availability(async () => {
      await ollamaBinary(log)
    }),
  start: startOllama,
}

async function startOllama({ models = ['tiny'], port }: OllamaOptions): Promise<Running> {
  const binary = await ollamaBinary(() => {})
  const home = await mkdtemp(path.join(os.tmpdir(), 'gatekeeper-ollama-'))
  const launch = (onPort: number) => ({
    command: binary,
    args: ['serve'],
    env: serverEnvironment(home, onPort),
    readyPath: '/api/version',
    readySeconds: 60,
  })
  const server = await startServer(launch, port)
  const stop = async () => {
    await server.stop()
    await removeFolder(home)
  }
  try {
    await createModels(server.url, models)
  } catch (error) {
    await stop()
    throw error
  }
  return { ...server, stop }
}

function serverEnvironment(home: string, port: number): Record<string, string> {
  return {
    HOME: home,
    OLLAMA_HOST: `127.0.0.1:${port}`,
    OLLAMA_MODELS: path.join(home, 'models'),
    OLLAMA_NO_CLOUD: '1',
    OLLAMA_CONTEXT_LENGTH: '4096',
    // Each request holds one of these slots. Now and then (about one abort in thirty, in 0.17.4) a
    // client that leaves a stream strands its handler: it sends a part into a channel that nobody
    // reads any more, and keeps the slot for good. Once all are gone, no request is answered again.
    OLLAMA_NUM_PARALLEL: '32',
    // The model stays loaded: only the first request of a suite waits for it.
    OLLAMA_KEEP_ALIVE: '-1',
  }
}

async function createModels(url: string, models: readonly string[]): Promise<void> {
  const { bytes, sha256 } = await readTinyModel()
  const digest = `sha256:${sha256}`
  await post(`${url}/api/blobs/${digest}`, new Uint8Array(bytes))
  for (const model of models) {
    const files = { 'tiny.gguf': digest }
    // Random weights may never choose the end token: without a limit an answer never ends.
    const parameters = { num_predict: 256 }
    const create = { model, files, template: chatTemplate, parameters, stream: false }
    await post(`${url}/api/create`, JSON.stringify(create))
  }
}

/**
 * Makes the model `base` one of another name, computed by one thread. Two threads wait for each
 * other by spinning, and where something else runs on the second core a token then takes a hundred
 * times as long.
 */
export async function createUnhurried(server: Running, model: string): Promise<void> {
  const parameters = { num_thread: 1, num_predict: 256 }
  const json = { model, from: 'base', parameters, stream: false }
  await post(`${server.url}/api/create`, JSON.stringify(json))
}

/** Ollama logs a request when it is done with it, and then its runner has been told to stop. */
export function watchAccessLog(server: Running): () => Promise<boolean> {
  const countDone = () => server.output().match(/^\[GIN\].*POST/gm)?.length ?? 0
  const before = countDone()
  return async () => countDone() > before
}

const chatTemplate = `{{ range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
`

async function post(url: string, body: string | Uint8Array<ArrayBuffer>): Promise<void> {
  const response = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(60_000) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`)
}

async function ollamaBinary(log: Log): Promise<string> {
  const folder = await cached(`ollama-${version}`, async (temporary) => {
    if (!(await succeeds('go', ['version']))) throw new Error('go is not on the PATH')
    await installDebianPackages(['gcc', 'g++'], log)
    const headers = await headersFolder(log)
    await verifyModule(log)
    const stamp = `-s -w -X=${module}/version.Version=${version}`
    await runCommand(
      'nice',
      ['go', 'install', '-trimpath', '-ldflags', stamp, `${module}@v${version}`],
      { timeoutSeconds: 1500, env: { GOBIN: temporary, CGO_CPPFLAGS: `-I${headers}` }, log },
    )
  })
  return path.join(folder, 'ollama')
}

/** The module's own sum, pinned here beside what the client checks against its sum database. */
async function verifyModule(log: Log): Promise<void> {
  const args = ['mod', 'download', '-json', `${module}@v${version}`]
  const answer = await runCommand('go', args, { cwd: os.tmpdir(), timeoutSeconds: 300, log })
  const { Sum: sum } = JSON.parse(answer) as { Sum?: string }
  if (sum !== moduleSum) throw new Error(`${module} v${version} has the sum ${sum}, not the pinned`)
}

/**
 * A Go module's archive leaves out every folder named vendor, and with it the three header
 * libraries that Ollama vendors for llama.cpp. Debian has the same ones.
 */
async function headersFolder(log: Log): Promise<string> {
  const include = path.join(await forkyRoot(log), 'usr/include')
  return cached('ollama-headers-1', async (temporary) => {
    const copies = { nlohmann: 'nlohmann', stb: 'stb', 'miniaudio.h': 'miniaudio/miniaudio.h' }
    await mkdir(path.join(temporary, 'miniaudio'))
    for (const [from, to] of Object.entries(copies)) {
      await cp(path.join(include, from), path.join(temporary, to), { recursive: true })
    }
  })
}
