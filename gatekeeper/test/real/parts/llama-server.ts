/** llama.cpp's own server: what a plain OpenAI-compatible upstream does, in full. */
import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { exists } from './cache.ts'
import { forkyRoot } from './forky-root.ts'
import { availability, type Part, type Running, type StartOptions } from './part.ts'
import { type Launch, startServer } from './server.ts'
import { readTinyModel } from './tiny-model.ts'

export type LlamaServerOptions = StartOptions & {
  /** The name under which the model is listed and called; `tiny` unless given. */
  model?: string
  /** Makes the server itself ask for this key: the shared credential of an upstream. */
  apiKey?: string
}

/**
 * Serves /v1/models, /v1/chat/completions, /v1/completions, /v1/embeddings, Anthropic's
 * /v1/messages, /health and /metrics. Four requests at a time, 4,096 tokens each.
 */
export const llamaServer: Part<LlamaServerOptions> = {
  name: 'llama-server',
  provision: (log) =>
    availability(async () => {
      await placeModel(await forkyRoot(log))
    }),
  start: startLlamaServer,
}

async function startLlamaServer(options: LlamaServerOptions): Promise<Running> {
  const root = await forkyRoot(() => {})
  const modelFile = await placeModel(root)
  return startServer((port) => launch(root, modelFile, port, options), options.port)
}

function launch(
  root: string,
  modelFile: string,
  port: number,
  { model = 'tiny', apiKey }: LlamaServerOptions,
): Launch {
  const listen = ['--host', '127.0.0.1', '--port', String(port), '--offline', '--no-webui']
  const slots = ['--parallel', '4', '--ctx-size', '16384', '--threads', '1']
  // With embeddings on, one prompt must fit one batch.
  const embeddings = ['--embeddings', '--pooling', 'mean', '-b', '4096', '-ub', '4096']
  const serve = ['--alias', model, '--chat-template', 'chatml', '--metrics', ...embeddings]
  return {
    command: 'chroot',
    args: [root, 'llama-server', '--model', modelFile, ...listen, ...slots, ...serve],
    env: apiKey === undefined ? {} : { LLAMA_API_KEY: apiKey },
    readyPath: '/health',
    readySeconds: 30,
  }
}

/** Puts the model into the root, named by its hash, and gives its path as seen from inside. */
async function placeModel(root: string): Promise<string> {
  const { bytes, sha256 } = await readTinyModel()
  const inside = `/models/${sha256.slice(0, 16)}.gguf`
  const file = path.join(root, inside)
  if (await exists(file)) return inside
  await mkdir(path.dirname(file), { recursive: true })
  // Renamed when complete: another process may be starting a server on it right now.
  const temporary = `${file}.${process.pid}`
  await writeFile(temporary, bytes)
  await rename(temporary, file)
  return inside
}
