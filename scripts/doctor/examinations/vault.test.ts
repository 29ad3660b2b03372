import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { vault } from '../../../gatekeeper/src/operations/doctor/examinations/vault.ts'
import { setProviderKey } from '../../../gatekeeper/src/operations/vault/provider-key-writer.ts'
import { addSplitKey } from '../../../gatekeeper/src/operations/vault/split-key-writer.ts'
import { createRing, type Ring, writeRecipient } from '../../../gatekeeper/src/vault/ring.ts'
import { openCloneForEach } from '../../test/clone.ts'
import { files } from './files.ts'

const clone = openCloneForEach()
const key = 'sk-proj-0123456789abcdefghij'
const [ring, older] = [createRing([randomBytes(32)]) as Ring, createRing([randomBytes(32)]) as Ring]

async function seal({
  name = 'openai',
  origin = 'https://api.openai.com',
  recipient = ring[0],
} = {}) {
  await clone.write('.gatekeeper/vault/public.json', writeRecipient(ring[0]))
  const deps = { clock: Date.now, record: async () => {} }
  const file = join(clone.folder, 'keys/providers.json')
  await setProviderKey(file, { name, key, origin, recipient }, deps)
}

describe('the vault', () => {
  it('with sealed keys for the configured addresses has no finding, and none without any', async () => {
    expect(await clone.examine(vault)).toEqual([])
    await seal()
    expect(await clone.examine(vault)).toEqual([])
  })

  it('is better than a key in the environment, which is not shown', async () => {
    const found = await clone.examine(vault, { OPENAI_API_KEY: key })
    expect(found).toMatchObject([{ level: 'info', source: 'OPENAI_API_KEY' }])
    expect(found[0]?.remedy).toContain('vault -- set openai')
    expect(JSON.stringify(found)).not.toContain(key)
    await seal()
    const [both] = await clone.examine(vault, { OPENAI_API_KEY: key })
    expect(both?.what).toContain('called with the key of the vault')
  })

  it('is better than a key in a file that gatekeeper.yaml names', async () => {
    await clone.write('secret', key)
    const text = 'version: 1\nservices: {}\nproviders: {openai: {keyFile: secret}}\n'
    await clone.write('gatekeeper.yaml', text)
    expect(await clone.examine(vault)).toMatchObject([
      { level: 'info', what: expect.stringContaining('in a file in clear') },
    ])
  })

  it.each([
    [{ origin: 'https://evil.example' }, 'set for another address than https://api.openai.com'],
    [{ name: 'acme', origin: 'https://acme.example' }, 'a provider that is not configured'],
  ])('finds a key that is not used: %j', async (wanted, what) => {
    await seal(wanted)
    expect(await clone.examine(vault)).toMatchObject([
      { level: 'error', what: expect.stringContaining(what) },
    ])
  })

  it('finds keys that are sealed to an older vault key, and a missing public half', async () => {
    await seal({ recipient: older[0] })
    const [finding] = await clone.examine(vault)
    expect(finding).toMatchObject({ level: 'info', remedy: expect.stringContaining('rewrap') })
    await clone.write('.gatekeeper/vault/public.json', '{}')
    expect(await clone.examine(vault)).toMatchObject([{ level: 'warning' }])
  })

  it('finds a broken document, with its place', async () => {
    await clone.write('keys/providers.json', '{"version":1,\n"providers":{"openai":{}}}')
    const [finding] = await clone.examine(vault)
    expect(finding).toMatchObject({ level: 'error', line: 2 })
  })

  it('finds split keys for another address, and a broken document of them', async () => {
    const box = Buffer.alloc(64).toString('base64')
    const row = { provider: 'openai', team: null, version: 1, kid: 'x', box, share: box }
    const file = join(clone.folder, 'keys/split-keys.json')
    const deps = { clock: Date.now, record: async () => {} }
    const add = (id: string, origin: string) =>
      addSplitKey(file, 'shop:ada', { ...row, id, origin, description: null }, deps)
    await add('mine-0001', 'https://api.openai.com')
    expect(await clone.examine(vault)).toEqual([])
    await add('mine-0002', 'https://old.example')
    expect(await clone.examine(vault)).toMatchObject([
      { level: 'warning', source: file, what: expect.stringContaining('1 split keys (openai)') },
    ])
    await clone.write('keys/split-keys.json', '{"version":1,"splitKeys":{}}')
    expect(await clone.examine(vault)).toMatchObject([{ level: 'error', source: file }])
  })

  it('finds private keys that others can read', async () => {
    await clone.write('secrets/vault/2026.key', 'x', 0o644)
    expect(await clone.examine(files)).toMatchObject([
      { level: 'error', source: join(clone.folder, 'secrets/vault/2026.key') },
    ])
  })
})
