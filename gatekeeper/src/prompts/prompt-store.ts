/**
 * The prompts of the domain chat: one folder a domain, one file a level. All of them are read at
 * the start; later each file that changes counts by itself, and a broken one leaves the last good.
 */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import { readStable, signatureOf } from '../lib/stable-read.ts'
import { systemTimers, type Timers } from '../lib/timers.ts'
import type { PromptLevel } from '../policy/endpoint.ts'

/** Both levels, each with its file. */
const promptLevels = ['standard', 'guarded'] as const satisfies readonly PromptLevel[]

export type PromptStore = {
  /** The prompt of a domain; null where there is no such domain. */
  readonly find: (domain: string, level: PromptLevel) => string | null
  /** Names of all domains, sorted. */
  readonly domains: () => readonly string[]
  /** Why what is in force is not what the files say; empty where all is well. */
  readonly problems: () => readonly Problem[]
  /** Looks at the folder now. */
  readonly reload: () => Promise<void>
  readonly close: () => void
}

export type PromptStoreDeps = {
  /** The folder of folders. */
  readonly folder: string
  readonly timers?: Timers
}

const pollMs = 1_000
/** A prompt is sent with every request, and is charged for. */
const bytesMax = 64 * 1024
const domainsMax = 200
const domainForm = /^[a-z0-9][a-z0-9-]{0,63}$/

type Prompts = ReadonlyMap<string, Readonly<Record<PromptLevel, string>>>

/** Reads the folder. Rejects with a ProblemsError where a domain is not whole. */
export async function openPromptStore(deps: PromptStoreDeps): Promise<PromptStore> {
  let prompts: Prompts = new Map()
  let problems: readonly Problem[] = []
  let signature = ''
  const look = async () => {
    const current = await signFolder(deps.folder)
    if (current === signature) return
    signature = current
    const read = await readFolder(deps.folder)
    problems = read.problems
    // A domain that is broken keeps what it had; one whose folder is gone is gone.
    const kept = [...prompts].filter(([domain]) => read.broken.has(domain))
    prompts = new Map([...kept, ...read.prompts])
  }
  await look()
  if (problems.length > 0) throw new ProblemsError(problems)
  let running = Promise.resolve()
  const reload = () => {
    running = running.then(look, look)
    return running
  }
  const stop = (deps.timers ?? systemTimers).every(pollMs, () => void reload().catch(() => {}))
  return {
    find: (domain, level) => prompts.get(domain)?.[level] ?? null,
    domains: () => [...prompts.keys()].sort(),
    problems: () => problems,
    reload,
    close: stop,
  }
}

type ReadFolder = {
  readonly prompts: Prompts
  readonly broken: ReadonlySet<string>
  readonly problems: readonly Problem[]
}

async function readFolder(folder: string): Promise<ReadFolder> {
  const prompts = new Map<string, Readonly<Record<PromptLevel, string>>>()
  const broken = new Set<string>()
  const problems: Problem[] = []
  for (const domain of await listDomains(folder)) {
    const levels = await Promise.all(
      promptLevels.map((level) => readPrompt(join(folder, domain, `${level}.txt`))),
    )
    const found = levels.filter((level) => typeof level !== 'string')
    problems.push(...found)
    const [standard, guarded] = levels
    if (typeof standard === 'string' && typeof guarded === 'string') {
      prompts.set(domain, { standard, guarded })
    } else broken.add(domain)
  }
  return { prompts, broken, problems }
}

async function readPrompt(path: string): Promise<string | Problem> {
  const { state } = await readStable(path)
  const remedy = 'A domain has standard.txt and guarded.txt, each with the text of its prompt.'
  if (state.kind === 'absent') return { source: path, what: 'is missing', remedy }
  if (state.kind === 'unreadable') {
    return { source: path, what: `cannot be read (${state.code})`, remedy }
  }
  const text = state.text.trim()
  if (text === '') return { source: path, what: 'is empty', remedy }
  return Buffer.byteLength(text) > bytesMax
    ? { source: path, what: `is longer than ${bytesMax} bytes`, remedy }
    : text
}

async function listDomains(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    },
  )
  const isFolder = async (name: string) => (await stat(join(folder, name))).isDirectory()
  const names = entries.map(({ name }) => name).filter((name) => domainForm.test(name))
  const folders = await Promise.all(names.map(async (name) => ((await isFolder(name)) ? name : '')))
  return folders.filter((name) => name !== '').slice(0, domainsMax)
}

async function signFolder(folder: string): Promise<string> {
  const domains = await listDomains(folder)
  const parts = domains.flatMap((domain) =>
    promptLevels.map(async (level) => {
      const path = join(folder, domain, `${level}.txt`)
      return `${path} ${await signatureOf(path)}`
    }),
  )
  return (await Promise.all(parts)).join('\n')
}
