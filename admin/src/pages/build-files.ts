/** The pages' files as `npm run build` made them: read once, at the start. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** A file in each of its forms. */
export type PageFile = {
  readonly type: string
  readonly plain: Buffer
  readonly gzip: Buffer
  readonly br: Buffer
}

/** By name, such as `assets/main-4f2a.js`; `index.html` is among them. */
export type PageFiles = ReadonlyMap<string, PageFile>

/** Names of a build are its own; nothing else of the folder is ever read. */
const manifest = z.object({
  files: z.record(
    z.string().regex(/^(?:[a-z0-9][a-z0-9-]*\/)?[A-Za-z0-9_-][A-Za-z0-9._-]*$/),
    z.object({ type: z.string().regex(/^[a-z]+\/[a-z0-9.+-]+(?:; charset=utf-8)?$/) }),
  ),
})

/** Returns the files of the newest build in `console/dist`; null if nothing is built. */
export function readBuild(dist: string): PageFiles | null {
  const folder = newestBuild(dist)
  if (folder === null) return null
  const { files } = manifest.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
  const read = Object.entries(files).map(([name, { type }]) => {
    const path = join(folder, name)
    const file: PageFile = {
      type,
      plain: readFileSync(path),
      gzip: readFileSync(`${path}.gz`),
      br: readFileSync(`${path}.br`),
    }
    return [name, file] as const
  })
  return new Map(read)
}

function newestBuild(dist: string): string | null {
  const made = (name: string) =>
    statSync(join(dist, name, 'manifest.json'), { throwIfNoEntry: false })?.mtimeMs ?? null
  const builds = namesIn(dist)
    .filter((name) => /^[0-9a-f]{16}$/.test(name))
    .flatMap((name) => {
      const at = made(name)
      return at === null ? [] : [{ name, at }]
    })
    .sort((one, other) => other.at - one.at)
  return builds[0] === undefined ? null : join(dist, builds[0].name)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
