/**
 * Acts that only take rights away are done even where the audit cannot be written: the record
 * follows, marked late, and the console says so meanwhile.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addSplitKey } from '../../../gatekeeper/src/operations/vault/split-key-writer.ts'
import { createRing, type Ring, writeRecipient } from '../../../gatekeeper/src/vault/ring.ts'
import { keyFileText, makeKey } from '../../../gatekeeper/test/support/keys.ts'
import { openTestConsole, type TestConsole } from '../../test/support/test-console.ts'
import { addPasskey, passkeysOf } from '../store/passkeys.ts'
import { readDegraded } from './degraded.ts'

const ring = createRing([Buffer.alloc(32, 7)]) as Ring
const access = { role: 'admin', services: ['*'] }
const sealed = Buffer.alloc(120, 1).toString('base64')
const key = makeKey({ services: ['ollama'] })

let site: TestConsole
let as: Awaited<ReturnType<TestConsole['signIn']>>
beforeEach(async () => {
  site = await openTestConsole({
    people: [{ id: 'boss000001', name: 'boss', role: 'owner', access }],
    askGatekeeper: async () => ({
      status: 200,
      document: { kid: ring[0].kid, recipient: writeRecipient(ring[0]) },
    }),
  })
  await writeFile(site.installation.file, keyFileText([key]))
  await site.deps.keys.reload()
  as = await site.signIn('boss')
})
afterEach(() => site.close())

type Fields = Readonly<Record<string, string>>

async function call(method: string, path: string, body?: unknown, fields: Fields = {}) {
  return await site.call(method, `/admin/v1${path}`, { as, body, fields })
}

const creation = { 'if-none-match': '*' }

/** A file stands where the folder was: nobody can write there, root neither. */
async function breakAudit(): Promise<() => Promise<void>> {
  const { auditFolder } = site.installation
  await mkdir(auditFolder, { recursive: true })
  await rename(auditFolder, `${auditFolder}.away`)
  await writeFile(auditFolder, '')
  return async () => {
    await rm(auditFolder)
    await rename(`${auditFolder}.away`, auditFolder)
  }
}

async function documentOf(file: string): Promise<string> {
  return await readFile(file, 'utf8')
}

const tagOf = async (path: string) => {
  const { fields } = await call('GET', path)
  return { 'if-match': String(fields['etag']) }
}

type Act = {
  readonly name: string
  readonly event: string
  /** Makes what the act takes away; returns the act, and what is true after it. */
  readonly prepare: () => Promise<{
    readonly act: () => ReturnType<typeof call>
    readonly isDone: () => Promise<boolean>
  }>
}

const isKeyDisabled = async () => {
  const { keys } = JSON.parse(await documentOf(site.installation.file))
  return keys[key.id].disabled
}
const makeClient = () => call('PUT', '/clients/ci', { services: ['ollama'] }, creation)
const clientsOf = async () => JSON.parse(await documentOf(site.installation.clientsFile)).clients
const personOf = (id: string) => async () => {
  const { people } = JSON.parse(await documentOf(site.installation.peopleFile))
  return people[id]
}
const passkey = (id: string) => ({
  ...{ id, credential_id: id, person: 'boss000001', public_key: 'AA', sign_count: 0 },
  ...{ transports: '[]', is_synced: 0, label: id, created_at: site.now(), last_used_at: null },
})

const acts: readonly Act[] = [
  {
    name: 'DELETE of a key',
    event: 'key.removed',
    prepare: async () => ({
      act: () => call('DELETE', `/keys/${key.id}`),
      isDone: async () => !(await documentOf(site.installation.file)).includes(key.id),
    }),
  },
  {
    name: 'PATCH of a key that disables',
    event: 'key.disabled',
    prepare: async () => {
      const seen = await tagOf(`/keys/${key.id}`)
      return {
        act: () => call('PATCH', `/keys/${key.id}`, { disabled: true }, seen),
        isDone: isKeyDisabled,
      }
    },
  },
  {
    name: 'POST of keys to disable',
    event: 'key.disabled',
    prepare: async () => ({
      act: () => call('POST', '/keys/disable', { ids: [key.id] }),
      isDone: isKeyDisabled,
    }),
  },
  {
    name: 'DELETE of a client',
    event: 'client.removed',
    prepare: async () => {
      await makeClient()
      return {
        act: () => call('DELETE', '/clients/ci'),
        isDone: async () => (await clientsOf()).ci === undefined,
      }
    },
  },
  {
    name: 'PATCH of a client that disables',
    event: 'client.changed',
    prepare: async () => {
      await makeClient()
      const seen = await tagOf('/clients/ci')
      return {
        act: () => call('PATCH', '/clients/ci', { disabled: true }, seen),
        isDone: async () => (await clientsOf()).ci.disabled,
      }
    },
  },
  {
    name: 'DELETE of a person',
    event: 'person.removed',
    prepare: async () => ({
      act: () => call('DELETE', '/people/member0001'),
      isDone: async () => (await personOf('member0001')()) === undefined,
    }),
  },
  {
    name: 'PATCH of a person that disables',
    event: 'person.disabled',
    prepare: async () => {
      const seen = await tagOf('/people/member0001')
      return {
        act: () => call('PATCH', '/people/member0001', { disabled: true }, seen),
        isDone: async () => (await personOf('member0001')()).disabled,
      }
    },
  },
  {
    name: 'DELETE of a passkey',
    event: 'passkey.removed',
    prepare: async () => {
      for (const id of ['pass000001', 'pass000002']) await addPasskey(site.store, passkey(id))
      const proof = await site.prove(as, 'passkey.remove', 'pass000001')
      return {
        act: () =>
          call('DELETE', '/passkeys/pass000001', undefined, { 'x-gatekeeper-step-up': proof }),
        isDone: async () => (await passkeysOf(site.store, 'boss000001')).length === 1,
      }
    },
  },
  {
    name: 'DELETE of an invitation',
    event: 'person.uninvited',
    prepare: async () => {
      const proof = await site.prove(as, 'person.invite')
      const fields = { 'x-gatekeeper-step-up': proof }
      const { body } = await call('POST', '/invitations', { name: 'new', role: 'member' }, fields)
      return {
        act: () => call('DELETE', `/invitations/${body.id}`),
        isDone: async () => (await call('GET', '/invitations')).body.items.length === 0,
      }
    },
  },
  {
    name: 'DELETE of a key of a provider',
    event: 'provider_key.removed',
    prepare: async () => {
      const proof = await site.prove(as, 'provider_key.set', 'openai')
      const fields = { 'x-gatekeeper-step-up': proof }
      await call('PUT', '/provider-keys/openai', { key: 'sk-proj-0123456789abcdef' }, fields)
      return {
        act: () => call('DELETE', '/provider-keys/openai'),
        isDone: async () =>
          JSON.parse(await documentOf(site.installation.providersFile)).providers.openai ===
          undefined,
      }
    },
  },
  {
    name: 'DELETE of a split key',
    event: 'split_key.removed',
    prepare: async () => {
      const { splitKeysFile, clock } = site.installation
      await mkdir(dirname(splitKeysFile), { recursive: true })
      const row = {
        ...{ id: 'key-00000001', provider: 'openai', origin: 'https://api.openai.com' },
        ...{ description: 'mine', team: null, version: 1, kid: 'k'.repeat(8) },
        ...{ box: sealed, share: sealed },
      }
      await addSplitKey(splitKeysFile, 'shop:ada', row, { clock, record: async () => {} })
      return {
        act: () => call('DELETE', '/split-keys/key-00000001?owner=shop:ada'),
        isDone: async () => JSON.parse(await documentOf(splitKeysFile)).splitKeys.length === 0,
      }
    },
  },
]

describe('where the audit cannot be written', () => {
  test.each(acts)('$name is done, and recorded late', async ({ event, prepare }) => {
    const { act, isDone } = await prepare()
    const mend = await breakAudit()
    const answer = await act()
    expect([200, 204], answer.text).toContain(answer.status)
    expect(await isDone()).toBe(true)
    const degraded = await readDegraded(site.deps)
    expect(degraded).toContainEqual(expect.objectContaining({ part: 'audit' }))
    await mend()
    await site.recordLate()
    const late = (await site.acts()).filter((one) => one['late'] === true)
    expect(late).toMatchObject([{ event, principal: 'person:boss000001' }])
    const after = await readDegraded(site.deps)
    expect(after.filter(({ part }) => part === 'audit')).toEqual([])
  })

  test('what gives rights, or more than takes them away, is refused', async () => {
    const seen = await tagOf(`/keys/${key.id}`)
    const change = { disabled: true, description: 'x' }
    const mend = await breakAudit()
    const both = await call('PATCH', `/keys/${key.id}`, change, seen)
    expect(both).toMatchObject({ status: 503, body: { reason: 'unrecorded' } })
    expect((await makeClient()).status).toBe(503)
    expect(await isKeyDisabled()).toBe(false)
    await mend()
  })
})
