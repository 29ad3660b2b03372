import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  addClient,
  readClients,
  removeClient,
  rotateClient,
} from '../operations/clients/client-writer.ts'
import type { Client } from './client.ts'
import { createClientSecret } from './client-secret.ts'
import { type ClientStore, openClientStore } from './client-store.ts'

let folder: string
let file: string
let now: number
const opened: ClientStore[] = []
const deps = { clock: () => now }

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk-clients-'))
  file = join(folder, 'clients.json')
  now = Date.UTC(2026, 10, 22)
})
afterEach(async () => {
  for (const store of opened.splice(0)) store.close()
  await rm(folder, { recursive: true, force: true })
})

const wanted = (changes: object = {}) => ({
  ...({ id: 'app', role: 'readwrite', services: ['litellm'], scopes: ['chat'] } as const),
  ...{ models: [], limits: ['60/min'], addresses: [], expiresAt: null, tokenSeconds: null },
  ...changes,
})

async function open(fixed: readonly Client[] = []): Promise<ClientStore> {
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const store = await openClientStore({ file, fixed, log, ...deps })
  opened.push(store)
  return store
}

describe('a client that names a service that does not exist', () => {
  it('is reported with the probable name, and keeps its other services', async () => {
    await addClient(file, wanted({ services: ['olama', 'litellm', '*'] }), deps)
    const known = { serviceNameOf: (name: string) => (name === 'litellm' ? name : null) }
    const log = { info: () => {}, warn: () => {}, error: () => {} }
    const names = ['ollama', 'litellm']
    const store = await openClientStore({
      file,
      fixed: [],
      log,
      known: { ...known, names },
      ...deps,
    })
    opened.push(store)
    expect(store.notes().map(({ what }) => what)).toEqual([
      'client app names the service "olama", which does not exist (did you mean ollama?)',
    ])
    expect([store.problems(), store.size()]).toEqual([[], 1])
  })
})

describe('a client', () => {
  it('is identified by its own secret only', async () => {
    const secret = await addClient(file, wanted(), deps)
    const store = await open()
    expect(secret).toMatch(/^gs_[0-9A-Za-z]{43}$/)
    expect(store.authenticate('app', secret)).toMatchObject({ id: 'app', role: 'readwrite' })
    const stored = (JSON.parse(await readFile(file, 'utf8')) as { clients: { app: object } })
      .clients
    const hash = JSON.stringify(stored).match(/[0-9a-f]{64}/)?.[0] ?? ''
    for (const wrong of ['', 'x', hash, `${secret} `, secret.slice(0, -1), createClientSecret()]) {
      expect(store.authenticate('app', wrong)).toBeNull()
    }
    for (const id of ['', 'App', 'other', '__proto__', 'constructor']) {
      expect(store.authenticate(id, secret)).toBeNull()
    }
  })

  it('with a rotated secret may use the old one during the overlap only', async () => {
    const old = await addClient(file, wanted(), deps)
    const fresh = await rotateClient(file, { id: 'app', overlapMs: 1000 }, deps)
    const store = await open()
    expect([old, fresh].map((secret) => store.authenticate('app', secret)?.id)).toEqual([
      'app',
      'app',
    ])
    now += 1000
    expect(store.authenticate('app', old)).toBeNull()
    expect(store.authenticate('app', fresh)).not.toBeNull()
    await rotateClient(file, { id: 'app', overlapMs: 0 }, deps)
    await store.reload()
    expect(store.authenticate('app', fresh)).toBeNull()
  })

  it('that is disabled, expired or removed is not accepted', async () => {
    const secret = await addClient(file, wanted({ expiresAt: now + 1000 }), deps)
    const store = await open()
    expect(store.authenticate('app', secret)).not.toBeNull()
    now += 1000
    expect(store.authenticate('app', secret)).toBeNull()
    now -= 1000
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('"role"', '"disabled": true, "role"'))
    await store.reload()
    expect(store.authenticate('app', secret)).toBeNull()
    await removeClient(file, 'app')
    await store.reload()
    expect(store.find('app')).toBeNull()
  })

  it('is added once, and its file is for this user only', async () => {
    await addClient(file, wanted(), deps)
    await expect(addClient(file, wanted(), deps)).rejects.toThrow('app already exists')
    await expect(removeClient(file, 'other')).rejects.toThrow('no client')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readClients(file)).toHaveLength(1)
  })

  it('that the service would refuse is not written', async () => {
    await expect(addClient(file, wanted({ limits: ['much'] }), deps)).rejects.toThrow(/limit/)
    await expect(readFile(file)).rejects.toThrow('ENOENT')
    await writeFile(file, '{"version":1,"clients":{"a":{}}}')
    await expect(addClient(file, wanted(), deps)).rejects.toThrow(/clients\.json/)
  })
})

describe('the file of clients', () => {
  it('that is broken stops the start; later the last good clients stay, and the problem is reported', async () => {
    const secret = await addClient(file, wanted(), deps)
    const store = await open()
    await writeFile(file, '{')
    await store.reload()
    expect(store.authenticate('app', secret)).not.toBeNull()
    expect(store.problems()).toHaveLength(1)
    await expect(open()).rejects.toThrow(/clients\.json/)
  })

  it('must not contain a client of the environment', async () => {
    await addClient(file, wanted(), deps)
    const fixed: Client = {
      ...{ id: 'app', role: 'admin', services: ['*'], scopes: ['chat'], secrets: [], models: [] },
      ...{
        limits: [],
        addresses: [],
        disabled: false,
        expiresAt: null,
        tokenSeconds: null,
        app: null,
        madeBy: null,
        team: null,
      },
    }
    await expect(open([fixed])).rejects.toThrow(/OAUTH_CLIENT_ID/)
  })
})
