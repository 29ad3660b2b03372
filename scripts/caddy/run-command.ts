import { spawn } from 'node:child_process'

/** How a command ended. `errorCode` is set when it could not be run (ENOENT, EACCES). */
export type CommandResult = {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  readonly errorCode: string | null
}

/**
 * Runs a command without a shell and collects its output; never throws. Without `env` it gets the
 * environment of this process.
 */
export type RunCommand = (
  command: string,
  words: readonly string[],
  limitSeconds: number,
  env?: Readonly<Record<string, string>>,
) => Promise<CommandResult>

export const runCommand: RunCommand = (command, words, limitSeconds, env) =>
  new Promise((done) => {
    const child = spawn(command, words, {
      ...(env !== undefined && { env }),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitSeconds * 1000,
    })
    let stdout = ''
    let stderr = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('error', () => {})
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    child.on('error', (error: NodeJS.ErrnoException) => {
      done({ status: null, stdout, stderr, errorCode: error.code ?? 'unknown' })
    })
    child.on('close', (status) => done({ status, stdout, stderr, errorCode: null }))
  })
