/** Starts the parts, restarts a part that ends by itself, and stops them in order. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { type Clock, systemClock } from '../../gatekeeper/src/lib/clock.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'

export type PartPlan = {
  readonly name: string
  readonly command: string
  readonly words: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** How long it may take to end after SIGTERM. */
  readonly drainSeconds: number
  /** Lines of its stderr that contain one of these texts are not printed. */
  readonly hidden: readonly string[]
  /** Whether everything else goes on without it, if starting it again does not help. */
  readonly isOptional?: true
}

export type Death = {
  readonly name: string
  readonly isOptional: boolean
  readonly exitCode: number | null
  /** `exit code 1`, `SIGKILL`, `cannot be run (ENOENT)`. */
  readonly how: string
  /** How often it was started again within the last minute. */
  readonly restarts: number
}

export type Supervisor = {
  start(plan: PartPlan): void
  /** From now on a part that ends by itself is restarted; before, the start has failed. */
  keepUp(): void
  /** The process ids of the parts, the newest first. */
  pids(): readonly number[]
  /** Stops every part, the newest first, each before the next; resolves once all have ended. */
  stop(): Promise<void>
  /** Ends every part at once. */
  kill(): void
}

export type SupervisorDeps = {
  /**
   * Called for a part that ended without being asked to and is not started again: once for an
   * optional one, and for no other part after one that is not.
   */
  readonly onDeath: (death: Death) => void
  /** Called when a part that died was started again. */
  readonly onRestart: (death: Death) => void
  readonly clock?: Clock
}

export const restartsMax = 5
const windowMs = 60_000
/** Long enough for its sockets to be free, short enough for a client that asks again. */
const pauseMs = 200

type Part = {
  readonly plan: PartPlan
  /** Null until it was started for the first time. */
  child: ChildProcess | null
  /** Within the last minute. */
  restartedAt: readonly number[]
}

export function createSupervisor(deps: SupervisorDeps): Supervisor {
  const { onDeath, onRestart, clock = systemClock } = deps
  const parts: Part[] = []
  let isEnding = false
  let isKept = false

  const run = (part: Part) => {
    part.child = spawnPart(part.plan, (code, how) => {
      const restartedAt = part.restartedAt.filter((at) => at > clock() - windowMs)
      const { name, isOptional = false } = part.plan
      const death = { name, isOptional, exitCode: code, how, restarts: restartedAt.length }
      if (isEnding) return
      // A wrong setting or file would be wrong at the next start too.
      if (!isKept || code === exitCode.config || restartedAt.length >= restartsMax) {
        isEnding = !isOptional
        return onDeath(death)
      }
      part.restartedAt = [...restartedAt, clock()]
      setTimeout(() => {
        if (isEnding) return
        run(part)
        onRestart({ ...death, restarts: part.restartedAt.length })
      }, pauseMs)
    })
  }

  return {
    start(plan) {
      const part: Part = { plan, child: null, restartedAt: [] }
      parts.unshift(part)
      run(part)
    },

    keepUp() {
      isKept = true
    },

    pids() {
      return parts.map(({ child }) => child?.pid).filter((pid) => pid !== undefined)
    },

    async stop() {
      isEnding = true
      for (const { plan, child } of parts) {
        if (child !== null) await end(child, plan.drainSeconds)
      }
    },

    kill() {
      isEnding = true
      for (const { child } of parts) child?.kill('SIGKILL')
    },
  }
}

/** `onEnd` is called once, however it ends, and also if it could not be started. */
function spawnPart(
  plan: PartPlan,
  onEnd: (exitCode: number | null, how: string) => void,
): ChildProcess {
  const child = spawn(plan.command, plan.words, {
    cwd: plan.cwd,
    env: plan.env,
    stdio: ['ignore', 'inherit', plan.hidden.length === 0 ? 'inherit' : 'pipe'],
    // Its own process group: Ctrl-C on the terminal reaches the launcher alone, which then
    // stops the parts in order.
    detached: process.platform !== 'win32',
  })
  child.on('error', (error: NodeJS.ErrnoException) => {
    // A signal that could not be sent is an error too, of a process that is running.
    if (child.pid === undefined) onEnd(null, `cannot be run (${error.code})`)
  })
  child.on('exit', (code, signal) => onEnd(code, signal ?? `exit code ${code}`))
  if (child.stderr !== null) printVisible(child.stderr, plan.hidden)
  return child
}

/** Prints the lines as they come, until the process that writes them has ended. */
function printVisible(output: Readable, hidden: readonly string[]): void {
  let rest = ''
  output.on('error', () => {})
  output.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    const visible = lines.filter((line) => !hidden.some((known) => line.includes(known)))
    for (const line of visible) process.stderr.write(`${line}\n`)
  })
}

async function end(child: ChildProcess, drainSeconds: number): Promise<void> {
  const isOver = () =>
    child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  if (isOver()) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), drainSeconds * 1000)
  await ended
  clearTimeout(timer)
}
