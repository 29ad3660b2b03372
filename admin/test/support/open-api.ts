/**
 * The admin API on a real installation in a temporary folder: the application behind its listener,
 * without Caddy, and people who are signed in.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type Koa from 'koa'
import { readSettings } from '../../../gatekeeper/src/config/read-settings.ts'
import { readTextFile } from '../../../gatekeeper/src/lib/files/text-file.ts'
import type { LoginProvider } from '../../../gatekeeper/src/model/console-settings.ts'
import type { PersonAccess, PersonRole } from '../../../gatekeeper/src/model/person.ts'
import type { AskGatekeeper } from '../../../gatekeeper/src/operations/ask-gatekeeper.ts'
import { openInstallation } from '../../../gatekeeper/src/operations/installation.ts'
import { createKeyIndex } from '../../../gatekeeper/src/operations/keys/key-index.ts'
import { openPeopleStore } from '../../../gatekeeper/src/people/people-store.ts'
import type { ApiDeps } from '../../src/api/api-deps.ts'
import { createConsoleApplication } from '../../src/api/application.ts'
import type { Endpoint } from '../../src/api/endpoint.ts'
import { adminStorePath, openAdminStore } from '../../src/store/admin-store.ts'
import { createSession } from '../../src/store/change-sessions.ts'
import { consumeStepUp, createStepUp } from '../../src/store/step-ups.ts'

const gateway = `version: 1
services:
  ollama:
    kind: ollama
    aliases: [chat]
    upstream: { url: "http://127.0.0.1:1" }
    routes: [{ prefix: /chat, strip: true }]
    origins: ["https://app.example"]
  tts:
    kind: http
    upstream: { url: "http://127.0.0.1:1" }
    routes: [{ prefix: /tts, strip: true, mode: check }]
`

const edge = 'e'.repeat(43)

export type TestPerson = {
  readonly id: string
  readonly role: PersonRole
  readonly access?: (Omit<PersonAccess, 'limits'> & { readonly limits: readonly string[] }) | null
}

/** People by name, as most tests need them. */
export const usualPeople = {
  olga: { id: 'olga000000', role: 'owner', access: all('admin') },
  adam: { id: 'adam000000', role: 'admin', access: all('admin') },
  audrey: { id: 'audrey0000', role: 'auditor' },
  mia: {
    ...{ id: 'mia0000000', role: 'member' },
    access: { role: 'readwrite', services: ['ollama'], models: ['llama3*'], limits: [] },
  },
  max: { id: 'max0000000', role: 'member', access: all('readwrite') },
  nora: { id: 'nora000000', role: 'member' },
} as const satisfies Readonly<Record<string, TestPerson>>

function all(role: PersonAccess['role']) {
  return { role, services: ['*'], models: [], limits: [] } as const
}

export type ApiAnswer = {
  readonly status: number
  readonly etag: string | null
  // biome-ignore lint/suspicious/noExplicitAny: documents of many shapes, compared by tests
  readonly body: any
  readonly text: string
}

export type Send = (
  call: `${'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE'} ${string}`,
  options?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
) => Promise<ApiAnswer>

type Options = {
  readonly rows: (deps: ApiDeps) => readonly Endpoint[]
  readonly people?: Readonly<Record<string, TestPerson>>
  readonly askGatekeeper?: AskGatekeeper
  readonly gateway?: string
  readonly providers?: readonly LoginProvider[]
  /** What answers outside of the admin API. */
  readonly outside?: (deps: ApiDeps) => readonly Koa.Middleware[]
}

export type TestApi = Awaited<ReturnType<typeof openApi>>

/** Opens the API; `close` removes everything. */
export async function openApi({ rows, people = usualPeople, ...options }: Options) {
  const folder = await mkdtemp(join(tmpdir(), 'gk-api-'))
  let now = Date.UTC(2026, 10, 30, 12)
  const clock = () => now
  const keysDir = join(folder, 'keys')
  await writeFile(join(folder, 'gatekeeper.yaml'), options.gateway ?? gateway)
  const source = { env: {}, folder, platform: process.platform, readFile: readTextFile }
  const { settings, problems } = readSettings(source)
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  const installation = openInstallation(settings, { clock, readText: readTextFile })
  const store = await openAdminStore(adminStorePath(installation.stateDir))
  await writePeople(installation.peopleFile, people)
  const log = { info: () => {}, error: () => {} }
  const index = await openPeopleStore({ file: installation.peopleFile, log })
  const faults: unknown[] = []
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const base = `${origin}/admin/v1`
  const deps = {
    ...{ installation, store, clock, people: index, keys: createKeyIndex(installation) },
    settings: {
      origin,
      passkey: { rpId: 'console.test', rpName: 'Gatekeeper', isPossible: true },
      providers: options.providers ?? [],
    },
    lateRecords: { isWaiting: async () => false },
    stopping: new AbortController().signal,
    askGatekeeper: options.askGatekeeper ?? refuse,
  } as unknown as ApiDeps
  const application = createConsoleApplication({
    ...{ store, people: index, clock, settings: deps.settings, findClient: async () => null, edge },
    rows: rows(deps),
    outside: options.outside?.(deps) ?? [],
    logFault: (error) => faults.push(error),
    record: installation.record,
    recordEnded: installation.record,
    consumeStepUp: async ({ id, sessionId, act, target }) =>
      await consumeStepUp(store, { id, session: sessionId, act, target }, now),
  })
  server.on('request', application.callback())
  const sessions = new Map<string, Awaited<ReturnType<typeof signIn>>>()
  const signIn = async (name: string) => {
    const person = people[name]?.id ?? name
    const signed = { person, method: 'code', address: '127.0.0.1', agent: null }
    const session = await createSession(store, signed, now)
    sessions.set(name, session)
    return session
  }
  const as = (name: string): Send => {
    return async (call, { body, headers = {} } = {}) => {
      const session = sessions.get(name) ?? (await signIn(name))
      const [method = '', path = ''] = call.split(' ')
      const answer = await fetch(`${base}${path}`, {
        method,
        headers: {
          ...{ 'x-gatekeeper-edge': edge, 'sec-fetch-site': 'same-origin' },
          'x-gatekeeper-client-address': '127.0.0.1',
          cookie: `__Host-gk_session=${session.cookie}`,
          'x-gatekeeper-session': session.half,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      const etag = answer.headers.get('etag')
      const isJson = answer.headers.get('content-type')?.includes('json') === true
      return { status: answer.status, etag, text, body: isJson ? JSON.parse(text) : null }
    }
  }
  return {
    ...{ folder, keysDir, installation, store, faults, deps, as, signIn, edge },
    /** The listener: `http://127.0.0.1:PORT`. */
    origin: new URL(base).origin,
    clock,
    pass: (ms: number) => {
      now += ms
    },
    /** A proof of a person for one act, as a field of the call. */
    prove: async (name: string, act: string, target: string | null) => {
      const session = sessions.get(name) ?? (await signIn(name))
      const proven = { session: session.id, act, target }
      return { 'x-gatekeeper-step-up': await createStepUp(store, proven, now) }
    },
    /** The acts on record. */
    acts: async () => {
      const { auditFolder } = installation
      const names = (await readdir(auditFolder)).filter((name) => name.startsWith('acts'))
      const files = names.filter((name) => name.endsWith('.ndjson') || name.endsWith('.jsonl'))
      const texts = await Promise.all(
        files.map((name) => readFile(join(auditFolder, name), 'utf8')),
      )
      const lines = texts.join('').split('\n')
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      deps.keys.close()
      index.close()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function writePeople(
  file: string,
  people: Readonly<Record<string, TestPerson>>,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const entries = Object.entries(people).map(([name, { id, role, access = null }]) => {
    return [id, { name, role, access }] as const
  })
  await writeFile(file, JSON.stringify({ version: 1, people: Object.fromEntries(entries) }))
}

const refuse: AskGatekeeper = async () => {
  throw Object.assign(new Error('no gatekeeper'), { code: 'ECONNREFUSED' })
}
