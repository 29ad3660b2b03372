/**
 * Chromium and certutil, Debian's own. A machine without them gets them by apt if the tests
 * run as root (CI does); otherwise the suite reports what is missing and is skipped.
 */
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { testCaddy } from '../../support/stack.ts'

/** Where the two programs are. */
export type BrowserPrograms = { readonly chromium: string; readonly certutil: string }

const run = promisify(execFile)
const debianPackages = ['chromium', 'libnss3-tools']

/**
 * For the top of a test file, with `await`: the programs, or null once the reason is on stderr.
 * `BROWSER_TEST_CHROMIUM` names another Chromium.
 */
export async function provideBrowser(): Promise<BrowserPrograms | null> {
  if (testCaddy === null) return skip('GATEKEEPER_TEST_CADDY names no Caddy')
  const found = findPrograms()
  if (found !== null) return found
  const failure = await installPrograms()
  return failure === null ? (findPrograms() ?? skip('apt-get left no Chromium')) : skip(failure)
}

function skip(why: string): null {
  process.stderr.write(`SKIPPED: browser: ${why}\n`)
  return null
}

function findPrograms(): BrowserPrograms | null {
  const named = process.env['BROWSER_TEST_CHROMIUM'] ?? ''
  const chromium = named !== '' ? named : (findOnPath('chromium') ?? findOnPath('google-chrome'))
  const certutil = findOnPath('certutil')
  return chromium !== null && certutil !== null ? { chromium, certutil } : null
}

function findOnPath(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Null, or why they could not be installed. */
async function installPrograms(): Promise<string | null> {
  if (findOnPath('apt-get') === null) return 'no chromium and certutil on PATH, and no apt-get'
  if (process.getuid?.() !== 0) {
    return `no chromium and certutil on PATH; as root: apt-get install ${debianPackages.join(' ')}`
  }
  process.stderr.write(`browser: installing ${debianPackages.join(' and ')}\n`)
  const steps = `apt-get update && apt-get install -y --no-install-recommends ${debianPackages.join(' ')}`
  // The files of this suite run in parallel, and apt allows only one process at a time.
  const words = [join(tmpdir(), 'gk-browser-install.lock'), 'sh', '-c', steps]
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    await run('flock', words, { env, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 })
    return null
  } catch (error) {
    return `apt-get failed: ${(error as { stderr?: string }).stderr?.trim().split('\n').at(-1)}`
  }
}
