/**
 * The results of provisioning on a machine: one folder per built part, complete or absent, and the
 * Debian packages that building needs.
 */
import { mkdir, mkdtemp, readdir, rename, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { runCommand } from './command.ts'
import type { Log } from './part.ts'

// Longer than any build may take.
const abortedAfterMilliseconds = 2 * 60 * 60 * 1000

/** The folder with the files of the real parts: under XDG_CACHE_HOME, or ~/.cache. */
export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache')
  return path.join(base, 'gatekeeper-real')
}

/**
 * The folder `name` of the cache; builds it if it is not there.
 * It is built under another name and renamed when complete, so that an aborted build is never
 * taken for a complete one. A built part must not contain its own path.
 */
export async function cached(
  name: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const target = path.join(cacheFolder(), name)
  if (await exists(target)) return target
  await mkdir(cacheFolder(), { recursive: true })
  await removeAborted()
  const folder = await mkdtemp(path.join(cacheFolder(), `.${name}-`))
  try {
    await build(folder)
    await rename(folder, target)
  } catch (error) {
    await removeFolder(folder)
    // Another process may have built the same part in the meantime: then that one is used.
    if (!(await exists(target))) throw error
  }
  return target
}

/** Removes the remains of killed builds; a younger one may still be running. */
async function removeAborted(): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    const folder = path.join(cacheFolder(), name)
    if (!name.startsWith('.')) continue
    const changed = await stat(folder).catch(() => null)
    if (changed === null || changed.mtimeMs > Date.now() - abortedAfterMilliseconds) continue
    await removeFolder(folder)
  }
}

/**
 * Removes a folder, but nothing that is still mounted in it: a build may have died before its end.
 */
export async function removeFolder(folder: string): Promise<void> {
  await runCommand('rm', ['-rf', '--one-file-system', folder], { timeoutSeconds: 120 })
}

export async function exists(file: string): Promise<boolean> {
  try {
    await stat(file)
    return true
  } catch {
    return false
  }
}

/** Installs the missing Debian packages; throws if that fails. */
export async function installDebianPackages(names: readonly string[], log: Log): Promise<void> {
  const missing: string[] = []
  for (const name of names) {
    if (!(await isInstalled(name))) missing.push(name)
  }
  if (missing.length === 0) return
  if (process.getuid?.() !== 0) {
    throw new Error(`needs the Debian packages ${missing.join(' ')}, and only root installs them`)
  }
  const lock = ['-o', 'DPkg::Lock::Timeout=120']
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  // A machine may list a source that cannot be reached here: only the install below matters.
  await runCommand('apt-get', ['-q', 'update'], { timeoutSeconds: 180, env, log }).catch(
    (error: Error) => log(error.message),
  )
  const install = ['-q', '-y', ...lock, 'install', '--no-install-recommends', ...missing]
  await runCommand('apt-get', install, { timeoutSeconds: 300, env, log })
}

async function isInstalled(name: string): Promise<boolean> {
  const ask = runCommand('dpkg-query', ['--status', name], { timeoutSeconds: 30 })
  return (await ask.catch(() => '')).includes('Status: install ok installed')
}
