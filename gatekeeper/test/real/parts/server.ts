/** Servers that a part starts: spawned, awaited until they answer, and ended by their group. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../support/free-port.ts'
import { endsWithUs, tail } from './command.ts'
import type { Running } from './part.ts'

const outputCharactersMax = 64_000
const pollMilliseconds = 100
const stopSeconds = 10
const bindAttempts = 3
// In the words of Ollama, of llama.cpp and of uvicorn.
const portTaken = /address already in use|couldn't bind|attempting to bind/i

export type Launch = {
  command: string
  args: readonly string[]
  /** The whole environment: nothing of ours is inherited, above all no one's provider keys. */
  env: Record<string, string>
  cwd?: string
  /** Answers 200 as soon as the server is ready. */
  readyPath: string
  readySeconds: number
}

type Child = { process: ChildProcess; pid: number; output: () => string; hasExited: () => boolean }

/**
 * Starts a server on a loopback port and waits until it answers.
 * A free port can be taken by another process before the server binds it, so a server that ends
 * over its address is started again on the next one; with a `port` given there is one attempt.
 */
export async function startServer(
  launch: (port: number) => Launch,
  port?: number,
): Promise<Running> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOn(port ?? (await freePort()), launch)
    } catch (error) {
      const isTaken = error instanceof Error && portTaken.test(error.message)
      if (port !== undefined || !isTaken || attempt === bindAttempts) throw error
    }
  }
}

async function startOn(port: number, launch: (port: number) => Launch): Promise<Running> {
  const url = `http://127.0.0.1:${port}`
  const plan = launch(port)
  const child = spawnGroup(plan)
  const stop = () => endGroup(child)
  try {
    await untilReady(child, url + plan.readyPath, plan)
  } catch (error) {
    await stop()
    throw error
  }
  return { url, pid: child.pid, output: child.output, stop }
}

function spawnGroup(plan: Launch): Child {
  const child = spawn('setpriv', [...endsWithUs, plan.command, ...plan.args], {
    cwd: plan.cwd,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LANG: 'C.UTF-8', ...plan.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: one signal reaches the server, its chroot wrapper and its runners.
    detached: true,
  })
  let output = ''
  const keep = (text: string) => {
    output = (output + text).slice(-outputCharactersMax)
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  child.once('error', (error) => keep(error.message))
  // A leader that ends, or that a test kills, leaves its runners. Only now is the group surely
  // ours: later its number may be another's.
  child.once('exit', () => signalGroup(child.pid ?? 0, 'SIGKILL'))
  const hasExited = () =>
    child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  return { process: child, pid: child.pid ?? 0, output: () => output, hasExited }
}

async function untilReady(child: Child, readyUrl: string, plan: Launch): Promise<void> {
  const deadline = performance.now() + plan.readySeconds * 1000
  while (performance.now() < deadline) {
    if (child.hasExited()) throw new Error(`${plan.command} ended early: ${tail(child.output())}`)
    if (await answers(readyUrl)) return
    await sleep(pollMilliseconds)
  }
  const said = tail(child.output())
  throw new Error(`${plan.command} was not ready after ${plan.readySeconds} s: ${said}`)
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

async function endGroup(child: Child): Promise<void> {
  if (child.hasExited()) return
  const exited = once(child.process, 'exit')
  signalGroup(child.pid, 'SIGTERM')
  // A server that a test has frozen takes no SIGTERM before it runs on.
  signalGroup(child.pid, 'SIGCONT')
  const late = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), stopSeconds * 1000)
  await exited
  clearTimeout(late)
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  // A pid of 0 would mean our own group.
  if (pid === 0) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
