/**
 * The prompts of the domain chat: one folder for each domain, one file for each level. All files
 * are read at the start. Later changes take effect automatically; if a file becomes invalid, the
 * last valid text stays in use.
 */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type FileState, readStable, signatureOf } from '../lib/files/stable-read.ts'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import { systemTimers, type Timers } from '../lib/timers.ts'
import type { PromptLevel } from '../model/endpoint.ts'

/** The files of each level: the current name, then the name in older set-ups. */
const levelFiles = {
  standard: ['standard.txt', 'insecure.txt'],
  guarded: ['guarded.txt', 'secure.txt'],
} as const satisfies Readonly<Record<PromptLevel, readonly [string, string]>>

type LevelFiles = (typeof levelFiles)[PromptLevel]

const remedy =
  'A domain has standard.txt (for minnow) and guarded.txt (for shark), each with the text of its ' +
  'prompt; the older names insecure.txt (for minnow) and secure.txt (for shark) also work.'

export type PromptStore = {
  /** Returns the prompt of a domain; null if the domain does not exist. */
  readonly find: (domain: string, level: PromptLevel) => string | null
  /** Names of all domains, sorted. */
  readonly domains: () => readonly string[]
  /** Why the prompts in use are not those of the files; empty if they are. */
  readonly problems: () => readonly Problem[]
  /** Reads the folder now. */
  readonly reload: () => Promise<void>
  readonly close: () => void
}

export type PromptStoreDeps = {
  /** The folder that contains the domain folders. */
  readonly folder: string
  readonly timers?: Timers
}

const pollMs = 1_000
/** A prompt is sent with every request, and charged. */
const bytesMax = 64 * 1024
const domainsMax = 200
const domainForm = /^[a-z0-9][a-z0-9-]{0,63}$/

type Prompts = ReadonlyMap<string, Readonly<Record<PromptLevel, string>>>

/** Reads the folder. Rejects with a ProblemsError if a domain is incomplete. */
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
    // An invalid domain keeps its prompts; a domain without a folder is removed.
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
    const [standard, guarded] = await Promise.all([
      readPrompt(join(folder, domain), levelFiles.standard),
      readPrompt(join(folder, domain), levelFiles.guarded),
    ])
    problems.push(...[standard, guarded].filter((level) => typeof level !== 'string'))
    if (typeof standard === 'string' && typeof guarded === 'string') {
      prompts.set(domain, { standard, guarded })
    } else broken.add(domain)
  }
  return { prompts, broken, problems }
}

/**
 * Reads the file of a level. Two files are a problem, because it would be ambiguous which one
 * counts.
 */
async function readPrompt(
  folder: string,
  [name, olderName]: LevelFiles,
): Promise<string | Problem> {
  const [path, olderPath] = [join(folder, name), join(folder, olderName)]
  const [current, older] = await Promise.all([readStable(path), readStable(olderPath)])
  if (older.state.kind === 'absent') return textOf(path, current.state)
  if (current.state.kind === 'absent') return textOf(olderPath, older.state)
  const what = `exists together with ${olderName}, the older name of the same prompt`
  return { source: path, what, remedy: `Keep one of the two files and remove the other. ${remedy}` }
}

function textOf(path: string, state: FileState): string | Problem {
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
    Object.values(levelFiles)
      .flat()
      .map(async (name) => {
        const path = join(folder, domain, name)
        return `${path} ${await signatureOf(path)}`
      }),
  )
  return (await Promise.all(parts)).join('\n')
}
