/** llama.cpp's own server: a complete plain OpenAI-compatible upstream. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { exists } from './cache.ts'
import { forkyRoot } from './forky-root.ts'
import { availability, type Part, type Running, type StartOptions } from './part.ts'
import { type Launch, startServer } from './server.ts'
import { tokenOf } from './tiny-gguf.ts'
import { ownTinyModel, readTinyModel } from './tiny-model.ts'

export type LlamaServerOptions = StartOptions & {
  /** The name under which the model is listed and called; `tiny` unless given. */
  model?: string
  /** Makes the server itself ask for this key: the shared credential of an upstream. */
  apiKey?: string
  /** Makes a request that requires a tool call end in one; other requests end in bars. */
  callsTools?: boolean
}

/**
 * Serves /v1/models, /v1/chat/completions, /v1/completions, /v1/embeddings, Anthropic's
 * /v1/messages, /health and /metrics. Four requests at a time, 4,096 tokens each.
 */
export const llamaServer: Part<LlamaServerOptions> = {
  name: 'llama-server',
  provision: (log) =>
    availability(async () => {
      await placeModel(await forkyRoot(log), await readTinyModel())
    }),
  start: startLlamaServer,
}

async function startLlamaServer(options: LlamaServerOptions): Promise<Running> {
  const root = await forkyRoot(() => {})
  const { callsTools = false } = options
  const modelFile = await placeModel(root, callsTools ? ownTinyModel() : await readTinyModel())
  const template = callsTools ? await toolTemplate(root) : ['--chat-template', 'chatml']
  const at = (port: number) => launch({ root, modelFile, template }, port, options)
  return startServer(at, options.port)
}

type Place = { root: string; modelFile: string; template: readonly string[] }

function launch(
  { root, modelFile, template }: Place,
  port: number,
  { model = 'tiny', apiKey }: LlamaServerOptions,
): Launch {
  const listen = ['--host', '127.0.0.1', '--port', String(port), '--offline', '--no-webui']
  const slots = ['--parallel', '4', '--ctx-size', '16384', '--threads', '1']
  // With embeddings on, one prompt must fit one batch.
  const embeddings = ['--embeddings', '--pooling', 'mean', '-b', '4096', '-ub', '4096']
  const serve = ['--alias', model, ...template, '--metrics', ...embeddings]
  return {
    command: 'chroot',
    args: [root, 'llama-server', '--model', modelFile, ...listen, ...slots, ...serve],
    env: apiKey === undefined ? {} : { LLAMA_API_KEY: apiKey },
    readyPath: '/health',
    readySeconds: 30,
  }
}

/**
 * A template whose tool calls begin with one bar, and a model that likes bars best: the server's
 * grammar for a required call lets any text stand before the bar, and only the call behind it.
 */
async function toolTemplate(root: string): Promise<readonly string[]> {
  const bytes = await readFile(path.join(import.meta.dirname, 'tool-template.jinja'))
  const inside = await place(root, { bytes, extension: 'jinja' })
  return ['--jinja', '--chat-template-file', inside, '--logit-bias', `${tokenOf('|')}+50`]
}

async function placeModel(root: string, { bytes }: { bytes: Buffer }): Promise<string> {
  return await place(root, { bytes, extension: 'gguf' })
}

/** Puts a file into the root, named by its hash, and gives its path as seen from inside. */
async function place(root: string, what: { bytes: Buffer; extension: string }): Promise<string> {
  const { bytes, extension } = what
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const inside = `/models/${sha256.slice(0, 16)}.${extension}`
  const file = path.join(root, inside)
  if (await exists(file)) return inside
  await mkdir(path.dirname(file), { recursive: true })
  // Renamed when complete: another process may be starting a server on it right now.
  const temporary = `${file}.${process.pid}`
  await writeFile(temporary, bytes)
  await rename(temporary, file)
  return inside
}
