/**
 * Builds the console's pages into `console/dist/DIGEST`: code in chunks with hashed names, one
 * style sheet, `index.html` with integrity, and each file compressed. The digest covers everything
 * that goes in, so a build that is there is the build of these sources. Nothing here is in git.
 */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bundlePages } from './build/bundle-pages.ts'
import { digestOfSources } from './build/digest-of-sources.ts'
import { renderIndex } from './build/render-index.ts'
import { writeFiles } from './build/write-files.ts'

export type BuildOptions = {
  /** The repository. */
  readonly root: string
  readonly log: (line: string) => void
  /** Where builds are kept; `console/dist` if absent. */
  readonly into?: string
}

/** Returns the folder of the build of these sources, and builds it where it is not there yet. */
export async function buildConsole({ root, log, into }: BuildOptions): Promise<string> {
  const dist = into ?? join(root, 'console/dist')
  const digest = await digestOfSources(root)
  const folder = join(dist, digest)
  if (!existsSync(join(folder, 'manifest.json'))) {
    const startedAt = performance.now()
    await buildInto(root, { folder, digest })
    log(`console built in ${Math.round(performance.now() - startedAt)} ms`)
  }
  await removeOthers(dist, digest)
  return folder
}

/** A build appears under its name only when it is whole: two may be made at the same time. */
async function buildInto(root: string, at: { folder: string; digest: string }): Promise<void> {
  const temporary = `${at.folder}.${process.pid}.tmp`
  await rm(temporary, { recursive: true, force: true })
  await mkdir(join(temporary, 'assets'), { recursive: true })
  try {
    const bundle = await bundlePages(join(root, 'console/src'))
    const files = [...bundle.files, { name: 'index.html', content: renderIndex(bundle) }]
    await writeFiles(temporary, { files, digest: at.digest, firstView: bundle.firstView })
    await rename(temporary, at.folder).catch((error: unknown) => {
      // Another process was faster, with the same result.
      if (!existsSync(join(at.folder, 'manifest.json'))) throw error
    })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

async function removeOthers(dist: string, digest: string): Promise<void> {
  for (const name of await readdir(dist)) {
    if (/^[0-9a-f]{16}$/.test(name) && name !== digest) {
      await rm(join(dist, name), { recursive: true, force: true })
    }
  }
}
