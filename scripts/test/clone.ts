/** A clone for tests of the doctor: the shipped configuration in a folder, and a quiet outside. */
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { Examination } from '../../gatekeeper/src/operations/doctor/examination.ts'
import type { Finding } from '../../gatekeeper/src/operations/doctor/finding.ts'
import { type Context, readContext } from '../doctor/context.ts'
import type { Outside } from '../doctor/outside.ts'

const root = resolve(import.meta.dirname, '../..')

export const now = Date.parse('2026-06-01T12:00:00Z')

/** No server answers, no port is open, and there is space. */
export const quiet: Outside = {
  clock: () => now,
  run: async () => ({ status: null, stdout: '', stderr: '', errorCode: 'ENOENT' }),
  isOpen: async () => false,
  get: async () => null,
  addresses: () => ['192.168.1.20'],
  freeBytes: async () => 1e12,
  readLastUses: async () => null,
}

export type Clone = {
  readonly folder: string
  /** Writes a file for its owner alone, unless `mode` says otherwise. */
  write(name: string, text: string, mode?: number): Promise<void>
  context(env?: Readonly<Record<string, string>>, outside?: Partial<Outside>): Promise<Context>
  /** What one examination finds here. */
  examine(
    examination: Examination<Context>,
    env?: Readonly<Record<string, string>>,
    outside?: Partial<Outside>,
  ): Promise<readonly Finding[]>
  remove(): Promise<void>
}

/** For the top of a test file: what it returns is another clone in each test. */
export function openCloneForEach(): Clone {
  const clone = {} as Clone
  beforeEach(async () => void Object.assign(clone, await openClone()))
  afterEach(() => clone.remove())
  return clone
}

export async function openClone(): Promise<Clone> {
  const folder = await mkdtemp(join(tmpdir(), 'gk-clone-'))
  // As /tmp/gk-… is for its owner alone, the modes inside would not count.
  await chmod(folder, 0o755)
  await cp(join(root, 'gatekeeper.yaml'), join(folder, 'gatekeeper.yaml'))
  await cp(join(root, 'caddy', 'Caddyfile'), join(folder, 'caddy', 'Caddyfile'))
  for (const name of ['gatekeeper.yaml', 'caddy/Caddyfile']) await chmod(join(folder, name), 0o644)
  const context: Clone['context'] = async (env = {}, outside = {}) =>
    await readContext(folder, env, { ...quiet, ...outside })
  return {
    folder,
    context,
    async write(name, text, mode = 0o600) {
      const path = join(folder, name)
      await mkdir(dirname(path), { recursive: true, mode: 0o755 })
      await writeFile(path, text)
      await chmod(path, mode)
    },
    examine: async ({ examine }, env, outside) => await examine(await context(env, outside)),
    remove: async () => await rm(folder, { recursive: true, force: true }),
  }
}
