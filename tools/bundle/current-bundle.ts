import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { glob, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Whatever a bundle is made of, below the root of a clone. */
const inputs = ['package-lock.json', 'gatekeeper/src/**/*.{ts,csv}', 'tools/bundle/*.ts']

const makingMsMax = 10 * 60_000

/**
 * The `main.js` of the bundle of this very source, made where there is none yet: after an update, or
 * a change of a file, it is another one. Null, with the reason told to `log`, where it can be neither
 * found nor made; `gatekeeper/src/main.ts` runs as well.
 */
export async function findCurrentBundle(
  root: string,
  log: (reason: string) => void,
): Promise<string | null> {
  try {
    const all = join(root, 'gatekeeper', 'dist')
    const folder = join(all, await digestInputs(root))
    const main = join(folder, 'main.js')
    if (!existsSync(main)) await makeBundle(root, { all, folder })
    return main
  } catch (error) {
    log((error as Error).message)
    return null
  }
}

async function digestInputs(root: string): Promise<string> {
  const paths: string[] = []
  for await (const path of glob(inputs, { cwd: root })) {
    if (!path.endsWith('.test.ts')) paths.push(path)
  }
  if (paths.length === 0) throw new Error(`${root} holds no source`)
  const digest = createHash('sha256')
  for (const path of paths.sort()) {
    const content = await readFile(join(root, path))
    digest.update(`${path}\n${content.length}\n`).update(content)
  }
  return digest.digest('hex').slice(0, 16)
}

/** All at once by a rename: of two that make it at a time, one comes first, and both are alike. */
async function makeBundle(
  root: string,
  { all, folder }: { readonly all: string; readonly folder: string },
): Promise<void> {
  const making = join(all, `making-${randomUUID()}`)
  await mkdir(making, { recursive: true })
  try {
    // In a process of its own, since it is a compiler: the launcher stays small.
    await run(process.execPath, [join(root, 'tools', 'bundle', 'main.ts'), making]).catch(
      (error: Error & { stderr?: string }) => {
        throw new Error(error.stderr?.trim() || error.message)
      },
    )
    await rename(making, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(making, { recursive: true, force: true })
  }
  await removeOld(all, folder)
}

/** What is of another source, and what was never finished. A gatekeeper that runs has read its own. */
async function removeOld(all: string, folder: string): Promise<void> {
  for (const name of await readdir(all)) {
    const old = join(all, name)
    const isUnderWay =
      name.startsWith('making-') && Date.now() - (await stat(old)).mtimeMs < makingMsMax
    if (old !== folder && !isUnderWay) await rm(old, { recursive: true, force: true })
  }
}
