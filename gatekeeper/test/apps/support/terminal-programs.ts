/**
 * The programs, run by what docs/clients.md says: its files and its command lines. What they need
 * beyond it here, without a person and without a network, is in this file.
 */
import path from 'node:path'
import { nodeFolder, terminalFolder } from './installed.ts'
import { type Given, readCommand, readFileOf } from './read-docs.ts'
import type { Plan } from './run-program.ts'

export type TerminalProgram = {
  readonly name: string
  readonly plan: (given: Given) => Promise<Plan>
  /** Requests that a refused question makes at most. */
  readonly refusedAsks: { readonly wrongKey: number; readonly quota: number }
  /** The text that it shows for a quota, if that is not ours. */
  readonly quotaText?: RegExp
  /** How soon it shows a refusal, if no answer of ours makes it do so within 5 s. */
  readonly withinMs?: { readonly wrongKey?: number; readonly quota?: number }
  /** Needs a path that the demonstration upstream does not have. */
  readonly needsOllama?: true
  /** Refusals after which it keeps asking for a minute: the suite ends it before that. */
  readonly goesOn?: readonly (keyof TerminalProgram['refusedAsks'])[]
}

const claudeCode = async (given: Given): Promise<Plan> => {
  const { env, words } = readCommand('Claude Code', 'claude ', given)
  return {
    command: path.join(await nodeFolder(), '@anthropic-ai/claude-code-linux-x64/claude'),
    args: words,
    env: { ...env, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' },
  }
}

/** A provider of its own in config.toml. */
const codex = async (given: Given): Promise<Plan> => {
  const { env, words } = readCommand('Codex', 'codex ', given)
  const [exec = '', ...rest] = words
  return {
    command: await codexBinary(),
    args: [exec, '--skip-git-repo-check', ...rest],
    env: { ...env, GK_API_KEY: given.key },
    files: { '.codex/config.toml': readFileOf('Codex', 'toml', given) },
  }
}

/** Its built-in provider, at another address: it tries a WebSocket first. */
const codexBuiltIn = async (given: Given): Promise<Plan> => {
  const { args, command, env } = await codex(given)
  const config = `model = "${given.model}"\nopenai_base_url = "${given.url}/v1"\n`
  return {
    ...{ command, args, files: { '.codex/config.toml': config } },
    env: { ...env, CODEX_API_KEY: given.key },
  }
}

const opencode = async (given: Given): Promise<Plan> => {
  const { env, words } = readCommand('opencode', 'opencode ', given)
  return {
    command: path.join(await nodeFolder(), 'opencode-linux-x64/bin/opencode'),
    args: words,
    env: { ...env, GK_API_KEY: given.key },
    files: { '.config/opencode/opencode.json': readFileOf('opencode', 'json', given) },
  }
}

const continueCli = async (given: Given): Promise<Plan> => {
  const { env, words } = readCommand('Continue', 'cn ', given)
  return {
    command: process.execPath,
    args: [path.join(await nodeFolder(), '@continuedev/cli/dist/cn.js'), ...words],
    env,
    files: { 'work/gate.yaml': readFileOf('Continue', 'yaml', given) },
  }
}

const aider =
  (language: 'openai' | 'ollama_chat') =>
  async (given: Given): Promise<Plan> => {
    const { env, words } = readCommand('aider', `aider --model ${language}/`, given)
    return {
      command: path.join(await terminalFolder(), 'bin/python'),
      args: ['-m', 'aider', ...words, ...unattended],
      // Otherwise it fetches a price list.
      env: { ...env, LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
    }
  }

const unattended = [
  ...['--message', 'hello', '--no-git', '--yes-always', '--no-check-update', '--no-analytics'],
  ...['--no-show-model-warnings', '--no-pretty'],
]

async function codexBinary(): Promise<string> {
  const vendor = '@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex'
  return path.join(await nodeFolder(), vendor)
}

/** It has its own text for the code `insufficient_quota`. */
const codexQuota = /Quota exceeded/

export const fromNpm: readonly TerminalProgram[] = [
  { name: 'Claude Code', plan: claudeCode, refusedAsks: { wrongKey: 1, quota: 2 } },
  {
    ...{ name: 'Codex', plan: codex, needsOllama: true, quotaText: codexQuota },
    refusedAsks: { wrongKey: 2, quota: 1 },
  },
  {
    ...{ name: 'Codex, built-in provider', plan: codexBuiltIn, needsOllama: true },
    // Six tries, of which no setting of the built-in provider takes any away, nor any answer of
    // ours.
    ...{ quotaText: codexQuota, withinMs: { wrongKey: 12_000 } },
    refusedAsks: { wrongKey: 7, quota: 2 },
  },
  {
    ...{ name: 'opencode', plan: opencode, goesOn: ['quota'] },
    refusedAsks: { wrongKey: 2, quota: 9 },
  },
  {
    // With -p it shows nothing before its eleventh try; it reads only the status 429.
    ...{ name: 'Continue', plan: continueCli, withinMs: { quota: 150_000 } },
    refusedAsks: { wrongKey: 1, quota: 11 },
  },
]

export const fromPypi: readonly TerminalProgram[] = [
  {
    name: 'aider, openai/',
    plan: aider('openai'),
    refusedAsks: { wrongKey: 1, quota: 9 },
    goesOn: ['quota'],
  },
  {
    ...{ name: 'aider, ollama_chat/', plan: aider('ollama_chat') },
    refusedAsks: { wrongKey: 24, quota: 24 },
    goesOn: ['wrongKey', 'quota'],
  },
]
