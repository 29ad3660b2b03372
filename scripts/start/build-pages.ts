import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { digestOfSources } from '../../console/build/digest-of-sources.ts'
import type { RunCommand } from '../caddy/run-command.ts'

const limitSeconds = 120

/**
 * Builds the console's pages unless they are built, in a process of its own: the bundler would stay
 * in the memory of this one. Returns why they could not be built, or null.
 */
export async function buildPages(root: string, run: RunCommand): Promise<string | null> {
  try {
    const folder = join(root, 'console', 'dist', await digestOfSources(root))
    if (existsSync(join(folder, 'manifest.json'))) return null
    const program = join(root, 'scripts', 'build.ts')
    const { status, stderr, errorCode } = await run(process.execPath, [program], limitSeconds)
    if (status === 0) return null
    const reason = /^\w*Error: .*|^\w*Error \[.*/m.exec(stderr)?.[0] ?? errorCode
    return reason ?? `npm run build ended with ${status ?? 'a signal'}`
  } catch (error) {
    return `${(error as NodeJS.ErrnoException).code ?? 'its sources cannot be read'}`
  }
}
