/** LiteLLM's proxy, from PyPI with pinned hashes: a common gateway in front of model servers. */
import { mkdtemp, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { removeFolder } from './cache.ts'
import { availability, type Log, type Part, type Running, type StartOptions } from './part.ts'
import { pythonEnvironment } from './python.ts'
import { startServer } from './server.ts'

const requirementsFile = path.join(import.meta.dirname, 'litellm-requirements.txt')

/** The upstream of a model that LiteLLM offers under a public name. */
export type LitellmModel = {
  /** The API of the server: OpenAI's by default, with /v1 in `apiBase`. */
  provider?: 'openai' | 'ollama_chat' | 'ollama'
  apiBase: string
  model: string
  apiKey?: string
}

export type LitellmOptions = StartOptions & {
  /** The one key that it accepts; it must begin with `sk-`. */
  masterKey: string
  models: Readonly<Record<string, LitellmModel>>
}

/** The fixed answer of the model `mock`, without an upstream. */
export const mockAnswer = 'This is the mock of LiteLLM.'

/** Serves /v1/models, /v1/chat/completions, /v1/messages and more; without a database. */
export const litellm: Part<LitellmOptions> = {
  name: 'litellm',
  provision: (log) =>
    availability(async () => {
      await litellmFolder(log)
    }),
  start: startLitellm,
}

async function startLitellm(options: LitellmOptions): Promise<Running> {
  const bin = path.join(await litellmFolder(() => {}), 'bin')
  const home = await mkdtemp(path.join(os.tmpdir(), 'gatekeeper-litellm-'))
  const config = path.join(home, 'config.yaml')
  // JSON is YAML.
  await writeFile(config, JSON.stringify(proxyConfig(options)), { mode: 0o600 })
  const launch = (port: number) => ({
    // The first line of the script contains the folder in which it was built.
    command: path.join(bin, 'python'),
    args: [path.join(bin, 'litellm'), '--config', config, ...listen(port)],
    env: serverEnvironment(home, options.masterKey),
    cwd: home,
    readyPath: '/health/liveliness',
    readySeconds: 90,
  })
  const server = await startServer(launch, options.port)
  const stop = async () => {
    await server.stop()
    await removeFolder(home)
  }
  return { ...server, stop }
}

function listen(port: number): string[] {
  return ['--host', '127.0.0.1', '--port', String(port), '--telemetry', 'False']
}

function serverEnvironment(home: string, masterKey: string): Record<string, string> {
  return {
    HOME: home,
    LITELLM_MASTER_KEY: masterKey,
    // Otherwise the start tries to fetch a price list.
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    LITELLM_TELEMETRY: 'False',
    HF_HUB_OFFLINE: '1',
  }
}

function proxyConfig({ models }: LitellmOptions): object {
  const real = Object.entries(models).map(([name, { provider = 'openai', ...place }]) => ({
    model_name: name,
    litellm_params: {
      model: `${provider}/${place.model}`,
      api_base: place.apiBase,
      ...(provider === 'openai' && { api_key: place.apiKey ?? 'none' }),
    },
  }))
  const mock = { model: 'openai/mock', api_key: 'none', mock_response: mockAnswer }
  return {
    model_list: [...real, { model_name: 'mock', litellm_params: mock }],
    // Otherwise it refuses options that a translated server does not know, such as the form in
    // which the openai library wants its embeddings.
    litellm_settings: { drop_params: true },
    general_settings: { master_key: 'os.environ/LITELLM_MASTER_KEY' },
  }
}

/** The virtual environment; installed if it does not exist yet (about a minute, 750 MB). */
export async function litellmFolder(log: Log): Promise<string> {
  return await pythonEnvironment('litellm', requirementsFile, log)
}
