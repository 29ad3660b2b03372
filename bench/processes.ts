import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { type Child, waitUntil } from '../gatekeeper/test/support/child.ts'

export type ProcessPlan = {
  readonly command: string
  readonly words: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /**
   * The file for all output: equally cheap for every program that logs each request, and without a
   * reader that takes CPU time.
   */
  readonly outputFile: string
}

/** Starts a part of the bench as its own process. */
export function startProcess({ command, words, env, outputFile }: ProcessPlan): Child {
  const output = openSync(outputFile, 'w')
  const child = spawn(command, words, { env: { ...env }, stdio: ['ignore', output, output] })
  closeSync(output)
  return {
    process: child,
    output: () => readFileSync(outputFile, 'utf8'),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 12_000)
      await exited
      clearTimeout(timer)
      return child.exitCode
    },
  }
}

/** Waits until a process has written `text`. */
export async function waitForOutput(child: Child, text: string): Promise<void> {
  await waitUntil(() => child.output().includes(text), {
    ...{ limitMs: 30_000, child, describe: child.output },
  })
}

/** Resident memory in MB; null without /proc (proc_pid_status(5)). */
export function readResidentMb({ process }: Child): number | null {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`${process.pid}/status`) ?? '')?.[1]
  return kib === undefined ? null : (Number(kib) * 1024) / 1e6
}

/** CPU time of the processes so far; null without /proc (proc_pid_stat(5)). */
export function readCpuSeconds(children: readonly Child[]): number | null {
  const texts = children.map(({ process }) => readProc(`${process.pid}/stat`))
  const ticks = texts.map((text) => {
    // The name before the last bracket may contain anything.
    const fields = text?.replace(/^.*\) /s, '').split(' ') ?? []
    return Number(fields[11]) + Number(fields[12])
  })
  const total = ticks.reduce((sum, value) => sum + value, 0)
  return Number.isFinite(total) ? total / 100 : null
}

function readProc(path: string): string | null {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return null
  }
}
