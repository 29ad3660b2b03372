/** Programs that a person runs in a terminal, with the time at which each text was shown. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { removeFolder } from '../../real/parts/cache.ts'
import { endsWithUs } from '../../real/parts/command.ts'

/** A command line as docs/clients.md gives it. */
export type Plan = {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Files below the home folder, by path. */
  readonly files?: Readonly<Record<string, string>>
}

/** A program that ended, or was ended. */
export type Ended = {
  readonly code: number | null
  /** Whether it had to be ended: it was late, or continued after the text that `until` matches. */
  readonly wasEnded: boolean
  /** Its output, without control characters, in one line. */
  readonly text: string
  /** Epoch ms at which the text matched for the first time, or null. */
  readonly shownAt: (text: RegExp) => number | null
  readonly endedAt: number
}

export type Limits = {
  readonly limitMs: number
  /** A program that still runs so long after it showed this text is ended, as a person would. */
  readonly until?: RegExp
  readonly graceMs?: number
}

/**
 * Runs a program to its end in its own home folder, with only the environment of the plan.
 * One that is late is ended with its children.
 */
export async function runProgram(plan: Plan, limits: Limits): Promise<Ended> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'gatekeeper-app-'))
  try {
    for (const [name, text] of Object.entries(plan.files ?? {})) {
      const file = path.join(home, name)
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, text)
    }
    const work = path.join(home, 'work')
    await mkdir(work, { recursive: true })
    return await follow(plan, { home, work, limits })
  } finally {
    await removeFolder(home)
  }
}

type Place = { readonly home: string; readonly work: string; readonly limits: Limits }

function follow(plan: Plan, { home, work, limits }: Place): Promise<Ended> {
  const base = { HOME: home, PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' }
  const child = spawn('setpriv', [...endsWithUs, plan.command, ...plan.args], {
    cwd: work,
    env: { ...base, ...loopbackOnly, ...plan.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: some start servers, which end with it.
    detached: true,
  })
  const { promise, resolve, reject } = Promise.withResolvers<Ended>()
  const output = collectOutput(child)
  const endGroup = () => signalGroup(child.pid)
  const limit = setLimit(output, limits, endGroup)
  child.once('error', (error) => {
    limit.clear()
    reject(error)
  })
  child.once('exit', endGroup)
  child.once('close', (code) => {
    limit.clear()
    const wasEnded = limit.isOver()
    resolve({ code, wasEnded, text: output.text(), shownAt: output.shownAt, endedAt: Date.now() })
  })
  return promise
}

/** Calls `end` when the time is over, or some time after the program showed the awaited text. */
function setLimit(output: Output, { limitMs, until, graceMs = 8_000 }: Limits, end: () => void) {
  let isOver = false
  const over = () => {
    isOver = true
    end()
  }
  const timers = [setTimeout(over, limitMs)]
  output.watch(() => {
    if (timers.length > 1 || until === undefined || output.shownAt(until) === null) return
    timers.push(setTimeout(over, graceMs))
  })
  return { isOver: () => isOver, clear: () => timers.forEach(clearTimeout) }
}

type Output = ReturnType<typeof collectOutput>

function collectOutput({ stdout, stderr }: ChildProcessByStdio<null, Readable, Readable>) {
  const chunks: { at: number; text: string }[] = []
  const textOf = (count: number) => plain(chunks.slice(0, count).map(({ text }) => text))
  let changed = () => {}
  for (const stream of [stdout, stderr]) {
    stream.on('error', () => {})
    stream.setEncoding('utf8').on('data', (text: string) => {
      chunks.push({ at: Date.now(), text })
      changed()
    })
  }
  return {
    text: () => textOf(chunks.length),
    shownAt: (text: RegExp) => {
      if (!text.test(textOf(chunks.length))) return null
      return chunks.find((_, index) => text.test(textOf(index + 1)))?.at ?? null
    },
    watch: (onChange: () => void) => {
      changed = onChange
    },
  }
}

/**
 * No request of these programs leaves the machine: all but the gate has a proxy, and it is dead.
 */
const loopbackOnly = {
  ...{ HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' },
  ...{ https_proxy: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9' },
  ...{ NO_PROXY: 'localhost,127.0.0.1', no_proxy: 'localhost,127.0.0.1' },
}

/** One line: terminals wrap texts wherever they are too long, and some draw frames around them. */
function plain(texts: readonly string[]): string {
  return stripVTControlCharacters(texts.join(''))
    .replace(/[│┃╭╮╰╯─]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

function signalGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of it has ended.
  }
}
