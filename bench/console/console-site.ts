/** A large installation with its console: 100,000 keys and five million lines of usage, as processes. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { adminStorePath, openAdminStore } from '../../admin/src/store/admin-store.ts'
import { createSession } from '../../admin/src/store/change-sessions.ts'
import { hashKey } from '../../gatekeeper/src/api-keys/api-key.ts'
import type { Child } from '../../gatekeeper/test/support/child.ts'
import { consoleOf } from '../../gatekeeper/test/support/console.ts'
import { fillUsage } from '../../gatekeeper/test/support/fill-usage.ts'
import { makeKey, type TestKey } from '../../gatekeeper/test/support/keys.ts'
import { planGatekeeperNode } from '../../scripts/start/gatekeeper-node.ts'
import type { Undo } from '../front.ts'
import {
  type Front,
  type Place,
  preparePlace,
  root,
  startFront,
  startGatekeeper,
} from '../front.ts'
import { startProcess, waitForOutput } from '../processes.ts'
import { startProgram } from '../setup.ts'

export type Size = { readonly keys: number; readonly lines: number; readonly people: number }

export type Got = {
  readonly status: number
  /** Until the last byte. */
  readonly ms: number
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
  readonly body: any
}

export type ConsoleSite = {
  /** A key for load. */
  readonly key: TestKey
  readonly front: Front
  readonly admin: Child
  /** Asks the admin API as the owner; a path below `/admin/v1`. */
  readonly get: (path: string) => Promise<Got>
}

type Deps = {
  readonly caddy: string
  readonly size: Size
  readonly log: (line: string) => void
}

/** Starts it, and waits until the usage is counted. */
export async function startConsoleSite(
  { caddy, size, log }: Deps,
  undo: Undo,
): Promise<ConsoleSite> {
  const folder = mkdtempSync(join(tmpdir(), 'gk-bench-'))
  undo(() => rmSync(folder, { recursive: true, force: true }))
  const app = startProgram('app', folder, {})
  undo(app.stop)
  await waitForOutput(app, 'listening')
  const appUrl = `http://127.0.0.1:${/listening (\d+)/.exec(app.output())?.[1]}`
  const key = makeKey({ services: ['ollama', 'tts'] })
  log(`${size.keys} keys, ${size.people} people, ${size.lines} lines of usage`)
  const place = await preparePlace(folder, 'ours', { keys: [key, ...makeKeys(size.keys)], appUrl })
  writePeople(place, size.people)
  await fillUsage(place.stateDir, { lines: size.lines, endAt: Date.now(), days: 90 })
  await startGatekeeper(place, { undo })
  const front = await startFront(place, { caddyPath: caddy, undo, peerBlocks: [] })
  const admin = startAdmin(place)
  undo(admin.stop)
  await waitForOutput(admin, 'admin ready')
  const get = await signIn(place, undo)
  await untilCounted(get, log)
  return { key, front, admin, get }
}

/** Their secrets are not known to anybody: only the first key is used. */
function makeKeys(count: number): TestKey[] {
  const secrets = [{ sha256: hashKey('x'), createdAt: '2026-01-01T00:00:00Z', expiresAt: null }]
  return Array.from({ length: count }, (_, at) => {
    const made = makeKey({
      ...{ user: `user-${at % 977}`, services: ['ollama'], disabled: at % 10 === 0 },
      ...{ description: `machine ${at}`, tags: [`env=${at % 2 === 0 ? 'prod' : 'test'}`] },
      ...{ limits: ['60/min', '200k-tokens/day'] },
    })
    const sha256 = secrets[0]?.sha256.slice(0, 56) + String(at).padStart(8, '0')
    return { ...made, entry: { ...made.entry, secrets: [{ ...secrets[0], sha256 }] } }
  })
}

const ownerId = 'owner00000'

function writePeople({ keysFile }: Place, count: number): void {
  const members = Array.from({ length: count }, (_, at) => [
    `m${String(at).padStart(9, '0')}`,
    { name: `user-${at}`, role: 'member' },
  ])
  const people = Object.fromEntries([[ownerId, { name: 'owner', role: 'owner' }], ...members])
  const file = join(dirname(keysFile), 'people.json')
  writeFileSync(file, JSON.stringify({ version: 1, people }), { mode: 0o600 })
}

function startAdmin(place: Place): Child {
  const node = planGatekeeperNode(root, { program: 'admin' })
  return startProcess({
    command: process.execPath,
    words: ['--max-semi-space-size=1', ...node.words],
    env: { ...node.env, ...place.env },
    outputFile: join(place.folder, 'admin.log'),
  })
}

async function signIn(place: Place, undo: Undo): Promise<ConsoleSite['get']> {
  mkdirSync(dirname(adminStorePath(place.stateDir)), { recursive: true })
  const store = await openAdminStore(adminStorePath(place.stateDir))
  const by = { person: ownerId, method: 'passkey', address: '127.0.0.1', agent: null }
  const { cookie, half } = await createSession(store, by, Date.now())
  await store.close()
  const caFile = join(place.stateDir, 'caddy/pki/authorities/local/root.crt')
  const consolePort = Number(place.env['GATEKEEPER_CONSOLE_PORT'])
  const site = consoleOf({ consolePort, ca: readFileSync(caFile, 'utf8') })
  undo(() => site.dispatcher.destroy())
  const headers = { cookie: `__Host-gk_session=${cookie}`, 'x-gatekeeper-session': half }
  return async (path) => {
    const startedAt = performance.now()
    const { status, text } = await site.send(`/admin/v1${path}`, { headers })
    const ms = performance.now() - startedAt
    return { status, ms, body: text.startsWith('{') ? JSON.parse(text) : text.length }
  }
}

async function untilCounted(get: ConsoleSite['get'], log: Deps['log']): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    const { status, body } = await get('/usage').catch(() => ({ status: 0, body: null }))
    if (status === 200 && body.isComplete === true) break
    if (performance.now() - startedAt > 900_000) throw new Error('the usage is not counted')
    await sleep(500)
  }
  log(`counted after ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
}
