import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { BuiltFile } from './bundle-pages.ts'

/** What the server of the pages reads. Names are paths below the folder. */
export type Manifest = {
  readonly digest: string
  /** The files of the first view, for the budget. */
  readonly firstView: readonly string[]
  readonly files: Readonly<Record<string, ManifestFile>>
}

export type ManifestFile = {
  readonly type: string
  readonly bytes: number
  readonly gzipBytes: number
  readonly brotliBytes: number
}

type Files = {
  readonly files: readonly BuiltFile[]
  readonly digest: string
  readonly firstView: readonly string[]
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

const toGzip = promisify(gzip)
const toBrotli = promisify(brotliCompress)

/** Writes the files, each also as `.gz` and `.br`, and last of all the manifest. */
export async function writeFiles(folder: string, { files, ...rest }: Files): Promise<void> {
  const written = files.map(async (file) => [file.name, await writeOne(folder, file)] as const)
  const manifest: Manifest = { ...rest, files: Object.fromEntries(await Promise.all(written)) }
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

async function writeOne(folder: string, { name, content }: BuiltFile): Promise<ManifestFile> {
  const bytes = Buffer.from(content)
  const small = await toGzip(bytes, { level: 9 })
  const smallest = await toBrotli(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
  })
  const path = join(folder, name)
  await writeFile(path, bytes)
  await writeFile(`${path}.gz`, small)
  await writeFile(`${path}.br`, smallest)
  const type = types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
  return { type, bytes: bytes.length, gzipBytes: small.length, brotliBytes: smallest.length }
}
