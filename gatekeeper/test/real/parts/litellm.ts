/** LiteLLM's proxy, from PyPI with pinned hashes: the gateway that many put between. */
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { cached, installDebianPackages, removeFolder } from './cache.ts'
import { runCommand, succeeds } from './command.ts'
import { availability, type Log, type Part, type Running, type StartOptions } from './part.ts'
import { startServer } from './server.ts'

const requirementsFile = path.join(import.meta.dirname, 'litellm-requirements.txt')

export type LitellmOptions = StartOptions & {
  /** The one key that it accepts; it must begin with `sk-`. */
  masterKey: string
  /** Public model name to the base URL of the OpenAI-compatible server that has it, with /v1. */
  models: Readonly<Record<string, { apiBase: string; model: string; apiKey?: string }>>
}

/** What the model `mock` always answers, with no upstream. */
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
    // The script's own first line names the folder in which it was built.
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
    // Else the start tries to fetch a price list.
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    LITELLM_TELEMETRY: 'False',
    HF_HUB_OFFLINE: '1',
  }
}

function proxyConfig({ models }: LitellmOptions): object {
  const real = Object.entries(models).map(([name, { apiBase, model, apiKey = 'none' }]) => ({
    model_name: name,
    litellm_params: { model: `openai/${model}`, api_base: apiBase, api_key: apiKey },
  }))
  const mock = { model: 'openai/mock', api_key: 'none', mock_response: mockAnswer }
  return {
    model_list: [...real, { model_name: 'mock', litellm_params: mock }],
    general_settings: { master_key: 'os.environ/LITELLM_MASTER_KEY' },
  }
}

/** The virtual environment; installed where it is not there yet (about a minute, 750 MB). */
async function litellmFolder(log: Log): Promise<string> {
  const python = await findPython(log)
  const requirements = await readFile(requirementsFile)
  // An environment is bound to its interpreter and made of these requirements: both name it.
  const key = createHash('sha256').update(python).update(requirements).digest('hex').slice(0, 12)
  return cached(`litellm-${key}`, async (temporary) => {
    await runCommand(python, ['-m', 'venv', temporary], { timeoutSeconds: 120, log })
    const strict = ['--require-hashes', '--no-deps', '--only-binary', ':all:']
    const quiet = ['--quiet', '--no-input', '--disable-pip-version-check']
    const install = ['-m', 'pip', 'install', ...quiet, ...strict, '-r', requirementsFile]
    await runCommand('nice', [path.join(temporary, 'bin/python'), ...install], {
      timeoutSeconds: 900,
      log,
    })
  })
}

/** A CPython 3.11 that can make virtual environments: the wheels are for that one alone. */
async function findPython(log: Log): Promise<string> {
  const question =
    'import sys, ensurepip; assert sys.version_info[:2] == (3, 11); print(sys.executable)'
  for (const name of ['python3.11', 'python3']) {
    if (await succeeds(name, ['-c', question])) {
      return (await runCommand(name, ['-c', question], { timeoutSeconds: 30 })).trim()
    }
  }
  await installDebianPackages(['python3', 'python3-venv'], log)
  const debianPython = '/usr/bin/python3'
  if (await succeeds(debianPython, ['-c', question])) return debianPython
  throw new Error('no CPython 3.11 could be had')
}
