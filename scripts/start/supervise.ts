/** Starts the parts, notices when one dies, and stops them in order. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export type PartPlan = {
  readonly name: string
  readonly command: string
  readonly words: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** How long it may take to end after SIGTERM. */
  readonly drainSeconds: number
}

export type Death = {
  readonly name: string
  readonly exitCode: number | null
  /** `exit code 1`, `SIGKILL`, `cannot be run (ENOENT)`. */
  readonly how: string
}

export type Supervisor = {
  start(plan: PartPlan): void
  /** The process ids of the parts, the newest first. */
  pids(): readonly number[]
  /** Stops every part, the newest first, each before the next; resolves once all have ended. */
  stop(): Promise<void>
  /** Ends every part at once. */
  kill(): void
}

/** `onDeath` is called once, for the first part that ends without being asked to. */
export function createSupervisor(onDeath: (death: Death) => void): Supervisor {
  const parts: { readonly plan: PartPlan; readonly child: ChildProcess }[] = []
  let isEnding = false
  const report = (death: Death) => {
    if (isEnding) return
    isEnding = true
    onDeath(death)
  }

  return {
    start(plan) {
      const child = spawn(plan.command, plan.words, {
        cwd: plan.cwd,
        env: plan.env,
        stdio: ['ignore', 'inherit', 'inherit'],
        // Its own process group: Ctrl-C on the terminal reaches the launcher alone, which then
        // stops the parts in order.
        detached: process.platform !== 'win32',
      })
      parts.unshift({ plan, child })
      child.on('error', (error: NodeJS.ErrnoException) => {
        report({ name: plan.name, exitCode: null, how: `cannot be run (${error.code})` })
      })
      child.on('exit', (exitCode, signal) => {
        report({ name: plan.name, exitCode, how: signal ?? `exit code ${exitCode}` })
      })
    },

    pids() {
      return parts.map(({ child }) => child.pid).filter((pid) => pid !== undefined)
    },

    async stop() {
      isEnding = true
      for (const { plan, child } of parts) await end(child, plan.drainSeconds)
    },

    kill() {
      isEnding = true
      for (const { child } of parts) child.kill('SIGKILL')
    },
  }
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
