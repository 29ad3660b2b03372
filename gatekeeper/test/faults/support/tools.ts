/** The tools for the faults. A missing tool is reported on stderr. */
import { execFileSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { installDebianPackages } from '../../real/parts/cache.ts'

function canRun(words: readonly string[], lacks: string): boolean {
  try {
    execFileSync(words[0] as string, words.slice(1), { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write(`SKIP: no ${words[0]} here, so ${lacks}\n`)
    return false
  }
}

export const canLimit = canRun(
  ['prlimit', '--nofile=100:', 'true'],
  'descriptors that run out are not tested',
)

/**
 * The library that changes a process's clock, from Debian's faketime; null if it is not available.
 */
export async function findFaketime(): Promise<string | null> {
  try {
    await installDebianPackages(['faketime'], () => {})
  } catch (error) {
    process.stderr.write(`SKIP: no faketime here (${String(error)}), so no clock is turned\n`)
    return null
  }
  const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')
  if (library === undefined) process.stderr.write('SKIP: no libfaketime, so no clock is turned\n')
  return library ?? null
}
