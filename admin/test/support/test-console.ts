/**
 * A console for tests of endpoints: the real application with all rows, a real `admin.db` and real
 * documents in a folder of its own, on a socket, without Caddy and without a gatekeeper.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { request, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type Koa from 'koa'
import { readSettings } from '../../../gatekeeper/src/config/read-settings.ts'
import { readTextFile } from '../../../gatekeeper/src/lib/files/text-file.ts'
import { closeListener, listenOn } from '../../../gatekeeper/src/lib/net/listening.ts'
import type { ConsoleSettings } from '../../../gatekeeper/src/model/console-settings.ts'
import type { PersonRole } from '../../../gatekeeper/src/model/person.ts'
import type { AskGatekeeper } from '../../../gatekeeper/src/operations/ask-gatekeeper.ts'
import { createLateRecords } from '../../../gatekeeper/src/operations/audit/late-records.ts'
import {
  type Installation,
  openInstallation,
} from '../../../gatekeeper/src/operations/installation.ts'
import { createKeyIndex } from '../../../gatekeeper/src/operations/keys/key-index.ts'
import { openPeopleStore } from '../../../gatekeeper/src/people/people-store.ts'
import type { ApiDeps } from '../../src/api/api-deps.ts'
import { createConsoleApplication } from '../../src/api/application.ts'
import type { Endpoint } from '../../src/api/endpoint.ts'
import { createEndpoints } from '../../src/api/endpoints.ts'
import type { FindClient } from '../../src/api/find-client.ts'
import type { ShownProof } from '../../src/api/rows-router.ts'
import { createSocketServer } from '../../src/handed-over/socket-server.ts'
import { type AdminStore, adminStorePath, openAdminStore } from '../../src/store/admin-store.ts'
import { createSession } from '../../src/store/change-sessions.ts'
import type { Halves } from '../../src/store/sessions.ts'
import { consumeStepUp, createStepUp } from '../../src/store/step-ups.ts'

export const testOrigin = 'https://console.localhost:8444'
export const testEdge = 'e'.repeat(64)

export type TestAnswer = {
  readonly status: number
  readonly fields: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The text as JSON; undefined if it is not. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into it as it likes
  readonly body: any
}

export type TestCall = {
  /** Whose session; without it the call shows none. */
  readonly as?: Halves
  readonly body?: unknown
  /** Sent as it is, instead of `body`. */
  readonly rawBody?: string
  /** Replace the usual ones; an empty text removes one. */
  readonly fields?: Readonly<Record<string, string>>
}

export type TestPerson = {
  readonly id: string
  readonly name: string
  readonly role: PersonRole
  readonly [member: string]: unknown
}

export type TestConsoleOptions = {
  /** Besides an owner, an admin, an auditor and two members. */
  readonly people?: readonly TestPerson[]
  readonly gatewayFile?: string
  readonly askGatekeeper?: AskGatekeeper
  readonly rows?: (deps: ApiDeps) => readonly Endpoint[]
  readonly outside?: readonly Koa.Middleware[]
  readonly findClient?: FindClient
  readonly settings?: Partial<ConsoleSettings>
  readonly requestTimeoutMs?: number
}

export type TestConsole = {
  readonly folder: string
  readonly deps: ApiDeps
  readonly installation: Installation
  readonly store: AdminStore
  readonly rows: readonly Endpoint[]
  /** The socket, for raw bytes. */
  readonly socketPath: string
  /** What was logged as a fault. */
  readonly faults: unknown[]
  /** The acts on record, oldest first. */
  readonly acts: () => Promise<readonly Record<string, unknown>[]>
  /** Tries once more to record what waits for it. */
  readonly recordLate: () => Promise<void>
  /** Moves the clock on. */
  readonly pass: (ms: number) => void
  readonly now: () => number
  /** A session of a person, by name. */
  readonly signIn: (name: string) => Promise<Halves & { readonly id: string }>
  /** A proof for one act by a session. */
  readonly prove: (
    session: { readonly id: string },
    act: string,
    target?: string | null,
  ) => Promise<string>
  readonly writePeople: (people: readonly TestPerson[]) => Promise<void>
  readonly call: (method: string, path: string, call?: TestCall) => Promise<TestAnswer>
  /** Begins a call whose body has not arrived; `end` sends the rest and returns the answer. */
  readonly hold: (
    method: string,
    path: string,
    call: TestCall,
  ) => Promise<{ readonly end: () => Promise<TestAnswer> }>
  readonly close: () => Promise<void>
}

/** One person of each role, and a second member. */
export const testPeople: readonly TestPerson[] = [
  { id: 'owner00001', name: 'olga', role: 'owner' },
  { id: 'admin00001', name: 'adam', role: 'admin' },
  { id: 'audit00001', name: 'aude', role: 'auditor' },
  { id: 'member0001', name: 'mia', role: 'member' },
  { id: 'member0002', name: 'max', role: 'member' },
]

const usualGateway = `version: 1
services:
  ollama: {kind: ollama, upstream: {url: "http://127.0.0.1:11434"}, routes: [{prefix: /api}]}
`

/** Opens a console; close it after the test. */
export async function openTestConsole(options: TestConsoleOptions = {}): Promise<TestConsole> {
  const folder = mkdtempSync(join(tmpdir(), 'gk-console-'))
  const installation = openTestInstallation(folder, options)
  let now = Date.UTC(2026, 10, 29, 12)
  const clock = () => now
  const writePeople = async (people: readonly TestPerson[]) => {
    const entries = people.map(({ id, ...entry }) => [id, entry])
    const text = JSON.stringify({ version: 1, people: Object.fromEntries(entries) })
    await writeFile(installation.peopleFile, text)
  }
  await mkdir(join(folder, 'keys'), { recursive: true })
  await writePeople([...testPeople, ...(options.people ?? [])])
  const quiet = { info: () => {}, error: () => {} }
  const people = await openPeopleStore({ file: installation.peopleFile, log: quiet })
  const keys = createKeyIndex(installation)
  const store = await openAdminStore(adminStorePath(installation.stateDir))
  const lateRecords = createLateRecords(installation.record, {
    ...{ clock, unrecorded: installation.unrecorded },
  })
  const deps: ApiDeps = {
    ...{ installation: { ...installation, clock }, store, clock, people, keys },
    version: '0.0.0-test',
    lateRecords,
    stopping: new AbortController().signal,
    settings: testSettings(options),
    askGatekeeper:
      options.askGatekeeper ??
      (() => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' }))),
  }
  const rows = (options.rows ?? createEndpoints)(deps)
  const faults: unknown[] = []
  const application = createConsoleApplication({
    ...{ rows, store, people, clock, edge: testEdge, settings: deps.settings },
    record: installation.record,
    recordEnded: lateRecords.record,
    findClient: options.findClient ?? (() => Promise.resolve(null)),
    consumeStepUp: ({ id, sessionId, act, target }: ShownProof) =>
      consumeStepUp(store, { id, session: sessionId, act, target }, now),
    outside: options.outside ?? [],
    logFault: (error) => void faults.push(error),
  })
  const server = createSocketServer(application.callback(), options.requestTimeoutMs)
  const socketPath = join(folder, 'console.sock')
  await listenOn(server, { kind: 'unix', path: socketPath }, 0o600)
  return {
    ...{ folder, deps, installation, store, rows, socketPath, faults, writePeople },
    acts: () => readActs(installation.auditFolder),
    recordLate: lateRecords.close,
    pass: (ms) => {
      now += ms
    },
    now: clock,
    signIn: (name) => signIn(name, { deps, now: clock }),
    prove: ({ id }, act, target = null) => createStepUp(store, { session: id, act, target }, now),
    call: (method, path, call = {}) => begin(socketPath, method, path, call).end(),
    hold: async (method, path, call) => {
      const { flush, end } = begin(socketPath, method, path, call)
      await flush()
      return { end }
    },
    close: () => closeAll(server, { folder, people, keys, store }),
  }
}

function openTestInstallation(folder: string, { gatewayFile }: TestConsoleOptions): Installation {
  const file = join(folder, 'gatekeeper.yaml')
  writeFileSync(file, gatewayFile ?? usualGateway)
  const env = {
    GATEKEEPER_STATE_DIR: join(folder, 'state'),
    GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
    GATEKEEPER_CONFIG: file,
    GATEKEEPER_PROMPTS_DIR: folder,
  }
  const source = { env, folder, platform: process.platform, readFile: readTextFile }
  const { settings, problems } = readSettings(source)
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return openInstallation(settings, { clock: Date.now, readText: readTextFile })
}

function testSettings({ settings }: TestConsoleOptions): ConsoleSettings {
  return {
    origin: testOrigin,
    passkey: { rpId: 'console.localhost', rpName: 'Gatekeeper', isPossible: true },
    providers: [],
    ...settings,
  }
}

async function signIn(
  name: string,
  { deps, now }: { readonly deps: ApiDeps; readonly now: () => number },
) {
  const person = deps.people.named(name)
  if (person === null) throw new Error(`there is no person ${name}`)
  const from = { method: 'passkey', address: '192.0.2.1', agent: 'test' }
  return await createSession(deps.store, { person: person.id, ...from }, now())
}

/** Begins one request as Caddy brings it from the console's page. */
function begin(socketPath: string, method: string, path: string, call: TestCall) {
  const text = call.rawBody ?? (call.body === undefined ? undefined : JSON.stringify(call.body))
  const fields: Record<string, string> = {
    host: new URL(testOrigin).host,
    'x-gatekeeper-edge': testEdge,
    'x-gatekeeper-client-address': '192.0.2.1',
    'sec-fetch-site': 'same-origin',
    ...(method !== 'GET' && { origin: testOrigin }),
    ...(call.as && {
      cookie: `__Host-gk_session=${call.as.cookie}`,
      'x-gatekeeper-session': call.as.half,
    }),
    ...(text !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    }),
    ...call.fields,
  }
  const headers = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
  const { promise, resolve, reject } = Promise.withResolvers<TestAnswer>()
  const sending = request({ socketPath, method, path, headers, agent: false })
  sending.on('error', reject)
  sending.on('response', (response) => {
    let answer = ''
    response.on('error', reject)
    response.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk
    })
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        fields: response.headers,
        text: answer,
        body: parse(answer),
      }),
    )
  })
  return {
    /** Sends the head and the first byte, and waits until they have arrived. */
    flush: async () => {
      sending.write(text?.slice(0, 1) ?? '')
      await setTimeout(heldMs)
    },
    end: () => {
      sending.end(sending.headersSent ? text?.slice(1) : text)
      return promise
    },
  }
}

/** Longer than the application takes from a head to its body. */
const heldMs = 200

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readActs(folder: string): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(join(folder, 'acts-000001.jsonl'), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

type Parts = {
  readonly folder: string
  readonly people: { readonly close: () => void }
  readonly keys: { readonly close: () => void }
  readonly store: AdminStore
}

async function closeAll(server: Server, { folder, people, keys, store }: Parts): Promise<void> {
  await closeListener(server, 0)
  people.close()
  keys.close()
  await store.close()
  await rm(folder, { recursive: true, force: true })
}
