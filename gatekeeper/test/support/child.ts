import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process of a test, with its output so far. */
export type Child = {
  readonly process: ChildProcess
  readonly output: () => string
  /** Ends it by SIGTERM, after 12 s by SIGKILL, and waits; returns its exit code. */
  readonly stop: () => Promise<number | null>
}

export function startChild(
  command: string,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Child {
  const child = spawn(command, words, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
  return {
    process: child,
    output: () => Buffer.concat(chunks).toString('utf8'),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const exited = once(child, 'exit')
      child.kill('SIGCONT')
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 12_000)
      await exited
      clearTimeout(timer)
      return child.exitCode
    },
  }
}

/**
 * Polls until `isDone` is true; throws with `describe()` after the limit or when the child ended.
 */
export async function waitUntil(
  isDone: () => boolean | Promise<boolean>,
  limit: { readonly limitMs: number; readonly describe: () => string; readonly child?: Child },
): Promise<void> {
  const endAt = Date.now() + limit.limitMs
  for (;;) {
    if (await isDone()) return
    if (limit.child && limit.child.process.exitCode !== null) {
      throw new Error(`the process ended: ${limit.describe()}`)
    }
    if (Date.now() > endAt) throw new Error(`not within ${limit.limitMs} ms: ${limit.describe()}`)
    await sleep(20)
  }
}
