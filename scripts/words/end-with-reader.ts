import { exitCode } from '../../gatekeeper/src/lib/problem.ts'

/**
 * A command whose reader left ends: who reads only the first lines (`| head`) has seen enough, and
 * that is no failure. Without a listener the error of the pipe would be a fault with a stack.
 */
export function endWithReader(): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) =>
    process.exit(code === 'EPIPE' ? process.exitCode : exitCode.cannotCreate),
  )
  // What cannot be said to anybody is not said.
  process.stderr.on('error', () => {})
}
