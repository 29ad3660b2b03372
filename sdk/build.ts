/**
 * Builds the chat in two forms: `sdk/dist/served` has one minified file for pages without a build
 * of their own, which the gatekeeper serves; `sdk/dist` is the npm package, a file for each source
 * with its types. Nothing here is in git.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { bundleFile } from './build/bundle-file.ts'

export type ServedFile = {
  readonly bytes: number
  readonly gzipBytes: number
  /** For the attribute `integrity`. */
  readonly integrity: string
}

export type Served = {
  /** Has the files below and this description as `manifest.json`. */
  readonly folder: string
  /** The version in the address of the files: the package's, and a part that their content decides. */
  readonly version: string
  readonly digest: string
  readonly files: Readonly<Record<string, ServedFile>>
}

export type BuildOptions = {
  /** The repository. */
  readonly root: string
  readonly log: (line: string) => void
  /** Where the files go; `sdk/dist/served` if absent. */
  readonly into?: string
}

const names = ['client', 'widget'] as const
const run = promisify(execFile)

/** Builds the files to serve, if these sources were not built yet, and returns their description. */
export async function buildServed({ root, log, into }: BuildOptions): Promise<Served> {
  const folder = into ?? join(root, 'sdk/dist/served')
  const digest = await digestOfSources(root)
  const kept = await readServed(folder)
  if (kept?.digest === digest) return kept
  const startedAt = performance.now()
  await mkdir(folder, { recursive: true })
  const files: Record<string, ServedFile> = {}
  for (const name of names) {
    const code = await bundleFile(join(root, 'sdk/src', `${name}.ts`))
    await write(join(folder, `${name}.js`), code)
    files[`${name}.js`] = describe(code)
  }
  const version = await versionOf(root, files)
  // Last, because it says that the others are whole.
  await write(join(folder, 'manifest.json'), JSON.stringify({ version, digest, files }))
  log(`widget built in ${Math.round(performance.now() - startedAt)} ms`)
  return { folder, version, digest, files }
}

/** Returns the description of built files; null if there are none. */
export async function readServed(folder: string): Promise<Served | null> {
  const path = join(folder, 'manifest.json')
  if (!existsSync(path)) return null
  return { folder, ...(JSON.parse(await readFile(path, 'utf8')) as Omit<Served, 'folder'>) }
}

/** Builds the npm package with its types. Rejects with the words of the compiler. */
export async function buildPackage(root: string): Promise<void> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const dist = join(root, 'sdk/dist')
  const old = existsSync(dist) ? await readdir(dist) : []
  for (const name of old.filter((one) => one !== 'served')) {
    await rm(join(dist, name), { recursive: true, force: true })
  }
  await run(process.execPath, [compiler, '-p', join(root, 'sdk/tsconfig.build.json')]).catch(
    ({ stdout }: { stdout: string }) => Promise.reject(new Error(stdout)),
  )
}

/** Returns the line that a page has for one of the files. */
export function renderScript({ version, files }: Served, gateway: string, name: string): string {
  const address = `${gateway}/widget/${version}/${name}`
  return `<script type="module" src="${address}" integrity="${files[name]?.integrity}" crossorigin></script>`
}

/** A file appears under its name only when it is whole: two builds may run at the same time. */
async function write(path: string, content: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  await writeFile(temporary, content)
  await rename(temporary, path)
}

function describe(code: string): ServedFile {
  return {
    bytes: Buffer.byteLength(code),
    gzipBytes: gzipSync(code, { level: 9 }).length,
    integrity: `sha384-${createHash('sha384').update(code).digest('base64')}`,
  }
}

/** Browsers keep a file with a version for a year, so other content must have another version. */
async function versionOf(root: string, files: Served['files']): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, 'sdk/package.json'), 'utf8'))
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex')
  return `${version}-${hash.slice(0, 8)}`
}

async function digestOfSources(root: string): Promise<string> {
  const hash = createHash('sha256')
  const folder = join(root, 'sdk')
  const found = globSync('{package.json,build.ts,build/*.ts,src/**/*.ts}', { cwd: folder })
  for (const name of found.filter((one) => !one.endsWith('.test.ts')).sort()) {
    const content = await readFile(join(folder, name))
    hash.update(`${name.replaceAll('\\', '/')}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex').slice(0, 16)
}
