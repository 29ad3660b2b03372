/** A gatekeeper with its own files, for tests that damage them. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach } from 'vitest'
import { type Child, startChild, waitUntil } from '../../support/child.ts'
import { type Line, readEdge, sendDirect, statement } from '../../support/direct.ts'
import { twoPointGateway } from '../../support/gateway-file.ts'
import { keyFileText, makeKey } from '../../support/keys.ts'
import { testMain } from '../../support/main.ts'
import { exchangeUnix, lines } from '../../support/raw.ts'
import { readAnswer } from './answers.ts'

export const root = resolve(import.meta.dirname, '../../../..')
export const ada = makeKey()
export const tom = makeKey({ user: 'tom' })
export const good = keyFileText([ada])

/** Mounts and other users' processes need root; without it a message on stderr says so. */
export const canMount = canRun(['unshare', '-m', 'true'])
export const canBeOther = canRun([
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  process.execPath,
  '--version',
])
if (!canMount) process.stderr.write('SKIP: no unshare -m here, so no mounts are tested\n')
if (!canBeOther)
  process.stderr.write('SKIP: no setpriv here, so no file of another user is tested\n')

function canRun(words: readonly string[]): boolean {
  try {
    execFileSync(words[0] as string, words.slice(1), { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export const open: { children: Child[]; folders: string[] } = { children: [], folders: [] }
afterEach(async () => {
  await Promise.all(open.children.splice(0).map((child) => child.stop()))
  for (const folder of open.folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder with valid files, for a test to damage. */
export function makePlace() {
  const folder = mkdtempSync(join(tmpdir(), 'gk files '))
  open.folders.push(folder)
  const place = { folder, stateDir: join(folder, 'state'), keysDir: join(folder, 'keys') }
  mkdirSync(place.keysDir)
  mkdirSync(place.stateDir, { mode: 0o700 })
  const file = join(place.keysDir, 'keys.json')
  writeFileSync(file, good)
  writeFileSync(join(folder, 'gatekeeper.yaml'), twoPointGateway)
  const env = {
    PATH: process.env['PATH'],
    GATEKEEPER_STATE_DIR: place.stateDir,
    GATEKEEPER_VAULT_DIR: join(place.folder, 'vault'),
    GATEKEEPER_KEYS_DIR: place.keysDir,
    GATEKEEPER_CONFIG: join(folder, 'gatekeeper.yaml'),
    OLLAMA_URL: 'http://127.0.0.1:1',
  }
  return { ...place, file, env }
}
export type Place = ReturnType<typeof makePlace>

const plainStart = [process.execPath, testMain]
export const asNobody = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  ...plainStart,
]
/** Runs a line of shell in mounts of its own, then the gatekeeper in the same process. */
export const behind = (script: string) => [
  'unshare',
  '-m',
  'sh',
  '-c',
  `${script} && exec "$0" "$@"`,
  ...plainStart,
]

function start(place: Place, words: readonly string[] = plainStart): Child {
  const child = startChild(words[0] as string, words.slice(1), place.env)
  open.children.push(child)
  return child
}

export async function startReady(
  place: Place,
  words: readonly string[] = plainStart,
): Promise<Child> {
  const child = start(place, words)
  const describe = child.output
  await waitUntil(() => child.output().includes('gatekeeper ready'), {
    limitMs: 30_000,
    describe,
    child,
  })
  return child
}

/** Starts it and waits for its end: the exit code and the whole output. */
export async function startFailing(place: Place, words: readonly string[] = plainStart) {
  const child = start(place, words)
  const isOver = () => child.process.exitCode !== null
  await waitUntil(isOver, { limitMs: 15_000, describe: child.output })
  return { code: child.process.exitCode, said: child.output() }
}

/** The answer to a check with the key. */
export function statusOf(place: Place, key: string): Promise<number> {
  return askCheck(place, key, statement('check'))
}

/** The same for a request that uses the service, which limits of requests count. */
export function useStatusOf(place: Place, key: string): Promise<number> {
  const lines = statement('check').map(([name, value]): Line => {
    if (name === 'X-Gatekeeper-Method') return [name, 'POST']
    return [name, name === 'X-Gatekeeper-Uri' ? '/chat/api/chat' : value]
  })
  return askCheck(place, key, lines)
}

async function askCheck(place: Place, key: string, stated: readonly Line[]): Promise<number> {
  const edge = ['X-Gatekeeper-Edge', readEdge(place)] as const
  const text = await sendDirect(place, 'check', [edge, ...stated, ['X-Api-Key', key]])
  return readAnswer(text).status
}

export const readiness = (place: Place) =>
  exchangeUnix(
    join(place.stateDir, 'run/ops.sock'),
    lines('GET /readyz HTTP/1.1', 'Host: localhost'),
  )

export async function becomes(child: Child, isSo: () => Promise<boolean>) {
  await waitUntil(isSo, { limitMs: 3_000, describe: child.output, child })
}
