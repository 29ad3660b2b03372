import { testCaddy } from '../../support/stack.ts'
import type { Part, StartOptions } from '../parts/part.ts'

/** The members of a part that are used here, whatever its options of `start`. */
type Provisioned = Pick<Part<StartOptions>, 'name' | 'provision'>

/**
 * Whether the real parts and Caddy are available on this machine. For the top of a test file, with
 * `await`: vitest then knows before it collects the suites which ones to skip, and why is on
 * stderr. The first time a part is built; the Ollama part compiles for minutes. Progress goes to
 * stderr too.
 */
export async function areAvailable(...parts: readonly Provisioned[]): Promise<boolean> {
  const missing: string[] = []
  if (testCaddy === null) missing.push('caddy: GATEKEEPER_TEST_CADDY names none')
  // One after the other: each build takes all cores that there are.
  for (const part of parts) {
    const log = (line: string) => void process.stderr.write(`${part.name}: ${line}\n`)
    const found = await part.provision(log)
    if (!found.available) missing.push(`${part.name}: ${found.why}`)
  }
  for (const reason of missing) process.stderr.write(`SKIPPED: ${reason}\n`)
  return missing.length === 0
}
