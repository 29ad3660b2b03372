import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Packages whose code is in the pages, or makes them. */
const packages =
  /(?:^|\/)node_modules\/(?:preact|@preact\/|uplot|@simplewebauthn\/browser|rolldown)/

/** Returns 16 hex digits over the sources, this build, and the lock file's lines for its packages. */
export async function digestOfSources(root: string): Promise<string> {
  const hash = createHash('sha256')
  const folder = join(root, 'console')
  const names = globSync('{build.ts,build/**/*.ts,src/**/*}', { cwd: folder })
  for (const name of names.filter(isSource).sort()) {
    const content = await readFile(join(folder, name))
    hash.update(`${name.replaceAll('\\', '/')}\0${content.length}\0`).update(content)
  }
  hash.update(await lockedPackages(root))
  return hash.digest('hex').slice(0, 16)
}

function isSource(name: string): boolean {
  return /\.(?:tsx?|css|svg)$/.test(name) && !/\.test\.tsx?$/.test(name)
}

async function lockedPackages(root: string): Promise<string> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>
  }
  return JSON.stringify(Object.entries(lock.packages).filter(([path]) => packages.test(path)))
}
