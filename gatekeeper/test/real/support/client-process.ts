/**
 * One running client library: it receives acts and returns answers, as in clients/node/serve.mjs.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type ClientHome, clientEnvironment, type Workspace } from '../parts/clients.ts'
import { endsWithUs } from '../parts/command.ts'

export type Act = 'list' | 'chat' | 'stream' | 'tools' | 'embed' | 'abort'

/** Where the act goes, and with which key. */
export type Place = { readonly url: string; readonly key: string; readonly model: string }

/** The exception of the library, as its users see it. */
export type ClientError = {
  /** Its class and the classes above. */
  readonly classes: readonly string[]
  readonly name?: string
  readonly status?: number
  readonly code?: unknown
  readonly type?: unknown
  readonly message: string
  /** The exception of the last of several tries, if the library wraps it. */
  readonly last?: ClientError
}

export type Outcome =
  | { readonly done: unknown; readonly error?: never }
  | { readonly error: ClientError; readonly done?: never }

/** A running act. */
export type Running = {
  readonly outcome: Promise<Outcome>
  /** Settles when the first part of a stream has arrived. */
  readonly firstPart: Promise<void>
  readonly abort: () => void
}

export type ClientProcess = {
  readonly start: (act: Act, place: Place) => Running
  readonly run: (act: Act, place: Place) => Promise<Outcome>
  readonly stop: () => Promise<void>
}

export type Program = { readonly kind: ClientHome; readonly file: string }

type Waiting = { end: (outcome: Outcome) => void; part: () => void }

/** Starts the program; it trusts the CA in `caFile` and knows nothing else of this machine. */
export function startClient(
  workspace: Workspace,
  { kind, file }: Program,
  caFile: string,
): ClientProcess {
  const child = spawn('setpriv', [...endsWithUs, ...workspace.command(kind, file)], {
    cwd: workspace.home,
    env: clientEnvironment(workspace, caFile),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const waiting = new Map<number, Waiting>()
  listen(child, file, waiting)
  const tell = (line: object) => child.stdin?.write(`${JSON.stringify(line)}\n`)
  let id = 0
  const start = (act: Act, place: Place): Running => {
    const mine = ++id
    const part = Promise.withResolvers<void>()
    const end = Promise.withResolvers<Outcome>()
    waiting.set(mine, { end: end.resolve, part: part.resolve })
    tell({ id: mine, act, ...place })
    return { outcome: end.promise, firstPart: part.promise, abort: () => tell({ abort: mine }) }
  }
  return {
    start,
    run: (act, place) => start(act, place).outcome,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

function listen(child: ChildProcess, file: string, waiting: Map<number, Waiting>): void {
  let written = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    written = (written + text).slice(-4_000)
  })
  child.stdin?.on('error', () => {})
  child.once('error', (error) => {
    written += error.message
  })
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      // Libraries print there, too.
      if (!line.startsWith('{"id":')) return
      const { id, part, ...outcome } = JSON.parse(line)
      if (part) return waiting.get(id)?.part()
      waiting.get(id)?.end(outcome)
      waiting.delete(id)
    })
  }
  child.once('close', () => {
    const error = { classes: ['(the program ended)'], message: `${file} ended: ${written}` }
    for (const { end } of waiting.values()) end({ error })
  })
}
