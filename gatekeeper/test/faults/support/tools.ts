/** What the faults are made with. A machine that lacks a tool says so aloud. */
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

/** The library that turns a process's clock, of Debian's faketime; null where it cannot be had. */
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
