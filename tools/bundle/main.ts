/** `node tools/bundle/main.ts FOLDER`: the gatekeeper as few files. What fails is one sentence on stderr. */
import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'

const folder = process.argv[2]
if (folder === undefined) {
  process.stderr.write('usage: node tools/bundle/main.ts FOLDER\n')
  process.exit(64)
}
try {
  await mkdir(folder, { recursive: true })
  // Not a static import: an installation without what makes bundles is one of the things that fail.
  const { writeBundle } = await import('./bundle.ts')
  await writeBundle(resolve(import.meta.dirname, '../..'), resolve(folder))
} catch (error) {
  process.stderr.write(`${(error as Error).message.trim()}\n`)
  process.exitCode = 1
}
