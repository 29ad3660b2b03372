/** Python environments of the real suite: exact wheels, checked by their hashes. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { cached, installDebianPackages } from './cache.ts'
import { runCommand, succeeds } from './command.ts'
import type { Log } from './part.ts'

/**
 * The folder of the virtual environment `name` with the wheels that `requirementsFile` names;
 * installed if it does not exist yet. Throws without CPython 3.11.
 */
export async function pythonEnvironment(
  name: string,
  requirementsFile: string,
  log: Log,
): Promise<string> {
  const python = await findPython(log)
  const requirements = await readFile(requirementsFile)
  // An environment is bound to its interpreter and made of these requirements: both name it.
  const key = createHash('sha256').update(python).update(requirements).digest('hex').slice(0, 12)
  return cached(`${name}-${key}`, async (temporary) => {
    await runCommand(python, ['-m', 'venv', temporary], { timeoutSeconds: 120, log })
    const strict = ['--require-hashes', '--no-deps', '--only-binary', ':all:']
    const quiet = ['--quiet', '--no-input', '--disable-pip-version-check']
    const install = ['-m', 'pip', 'install', ...quiet, ...strict, '-r', requirementsFile]
    await runCommand('nice', [path.join(temporary, 'bin/python'), ...install], {
      timeoutSeconds: 900,
      log,
    })
  })
}

/** A CPython 3.11 that can make virtual environments: the wheels are for that one alone. */
async function findPython(log: Log): Promise<string> {
  const question =
    'import sys, ensurepip; assert sys.version_info[:2] == (3, 11); print(sys.executable)'
  for (const name of ['python3.11', 'python3']) {
    if (await succeeds(name, ['-c', question])) {
      return (await runCommand(name, ['-c', question], { timeoutSeconds: 30 })).trim()
    }
  }
  await installDebianPackages(['python3', 'python3-venv'], log)
  const debianPython = '/usr/bin/python3'
  if (await succeeds(debianPython, ['-c', question])) return debianPython
  throw new Error('no CPython 3.11 could be had')
}
