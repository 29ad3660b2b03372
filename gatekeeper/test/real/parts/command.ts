/** Commands that provisioning runs to their end. */
import { spawn } from 'node:child_process'
import type { Log } from './part.ts'

const tailBytes = 4000

/** For setpriv: the kernel ends the command when this process dies in any way. */
export const endsWithUs: readonly string[] = ['--pdeathsig', 'TERM']

export type CommandOptions = {
  timeoutSeconds: number
  log?: Log
  cwd?: string
  /** Added to this process's own environment, which carries the proxy and certificate settings. */
  env?: Record<string, string>
}

/**
 * Runs a command to its end and returns its stdout.
 * Throws with the last of its output when it fails, is missing, or is not done in time; a command
 * that is late is killed with its children.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  options.log?.(`$ ${command} ${args.join(' ')}`)
  const { code, stdout, stderr, isLate } = await collect(command, args, options)
  if (code === 0 && !isLate) return stdout
  const how = isLate ? `was not done after ${options.timeoutSeconds} s` : `failed (${code})`
  throw new Error(`${command} ${args[0] ?? ''} ${how}: ${tail(stdout + stderr)}`)
}

/** True if the command can be run and succeeds within half a minute. */
export async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  try {
    await runCommand(command, args, { timeoutSeconds: 30 })
    return true
  } catch {
    return false
  }
}

/** The last few kilobytes of a text, for error messages. */
export function tail(text: string): string {
  return text.trim().slice(-tailBytes)
}

type Collected = { code: number | null; stdout: string; stderr: string; isLate: boolean }

function collect(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<Collected> {
  return new Promise((resolve, reject) => {
    const child = spawn('setpriv', [...endsWithUs, command, ...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that a late command's children can be ended with it.
      detached: true,
    })
    const collected: Collected = { code: null, stdout: '', stderr: '', isLate: false }
    const timer = setTimeout(() => {
      collected.isLate = true
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }, options.timeoutSeconds * 1000)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      collected.stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      collected.stderr += text
    })
    child.once('error', (cause) => {
      clearTimeout(timer)
      reject(new Error(`${command} cannot be run: ${cause.message}`, { cause }))
    })
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ ...collected, code })
    })
  })
}
