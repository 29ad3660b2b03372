/** The model that all parts run: random weights in llama's architecture, nonsense but real. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { exists } from './cache.ts'
import { repositoryRoot } from './part.ts'
import { tinyGguf } from './tiny-gguf.ts'

const sharedModelFile = path.resolve(repositoryRoot, '../shared/vectors/tiny-random-f16.gguf')

type Model = { bytes: Buffer; sha256: string }

/** Our own, whose vocabulary is known. */
export function ownTinyModel(): Model {
  return withHash(tinyGguf())
}

/** Its bytes and their SHA-256 in hex: the shared file if it exists, otherwise our own. */
export async function readTinyModel(): Promise<Model> {
  return withHash((await exists(sharedModelFile)) ? await readFile(sharedModelFile) : tinyGguf())
}

function withHash(bytes: Buffer): Model {
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}
