/** Packages from npm of the real suites: exactly those of a lock file, without install scripts. */
import { createHash } from 'node:crypto'
import { cp, readFile } from 'node:fs/promises'
import path from 'node:path'
import { cached } from './cache.ts'
import { runCommand } from './command.ts'
import { type Log, repositoryRoot } from './part.ts'

/**
 * Returns the path of node_modules with the packages of the lock file in `folder`; installs it if
 * it does not exist yet. Throws if npm fails.
 */
export async function nodeModules(name: string, folder: string, log: Log): Promise<string> {
  const lock = await readFile(path.join(folder, 'package-lock.json'))
  const key = createHash('sha256').update(lock).digest('hex').slice(0, 12)
  const built = await cached(`${name}-${key}`, async (temporary) => {
    for (const file of ['package.json', 'package-lock.json']) {
      await cp(path.join(folder, file), path.join(temporary, file))
    }
    await cp(path.join(repositoryRoot, '.npmrc'), path.join(temporary, '.npmrc'))
    const install = ['npm', 'ci', '--ignore-scripts', '--no-audit', '--loglevel=error']
    await runCommand('nice', install, { cwd: temporary, timeoutSeconds: 600, log })
  })
  return path.join(built, 'node_modules')
}
