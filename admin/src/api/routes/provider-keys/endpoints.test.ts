import { globSync, readFileSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { setProviderKey } from '../../../../../gatekeeper/src/operations/vault/provider-key-writer.ts'
import { openProviderKey } from '../../../../../gatekeeper/src/vault/provider-file.ts'
import { createRing, type Ring, writeRecipient } from '../../../../../gatekeeper/src/vault/ring.ts'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { providerKeyEndpoints } from './endpoints.ts'

const ring = createRing([Buffer.alloc(32, 7)]) as Ring
const key = 'sk-proj-0123456789abcdefghijklmnop'

let api: TestApi
let asked: string[]
let ensures: boolean
beforeEach(async () => {
  asked = []
  ensures = true
  api = await openApi({
    rows: providerKeyEndpoints,
    askGatekeeper: async (path) => {
      asked.push(path)
      if (!ensures) throw Object.assign(new Error('none'), { code: 'ECONNREFUSED' })
      return { status: 200, document: { kid: ring[0].kid, recipient: writeRecipient(ring[0]) } }
    },
  })
})
afterEach(() => api.close())

async function set(name: string, provider = 'openai') {
  const headers = await api.prove(name, 'provider_key.set', provider)
  return await api.as(name)(`PUT /provider-keys/${provider}`, { body: { key }, headers })
}

describe('a key of a provider', () => {
  test('is sealed at once: no answer, file, act or log has it, and the ring opens it', async () => {
    const made = await set('olga')
    expect(made).toMatchObject({ status: 201, body: { provider: 'openai', mask: 'sk-…mnop' } })
    expect(asked).toEqual(['/vault/ensure'])
    const list = await api.as('audrey')('GET /provider-keys')
    const found = list.body.items.find((one: { provider: string }) => one.provider === 'openai')
    expect(found).toMatchObject({ mask: 'sk-…mnop', version: 1, isUsable: true })
    const files = globSync('**/*', { cwd: api.folder })
      .map((name) => join(api.folder, name))
      .filter((path) => statSync(path).isFile())
    const texts = [made.text, list.text, ...files.map((path) => readFileSync(path, 'latin1'))]
    for (const text of texts) expect(text).not.toContain(key.slice(8, 24))
    const { providers } = JSON.parse(readFileSync(api.installation.providersFile, 'utf8'))
    const { origin } = providers.openai
    const opened = openProviderKey('openai', providers.openai, { origin, ring })
    expect(opened).toEqual({ key })
  })

  test('is replaced by the next one, and removed', async () => {
    await set('olga')
    expect(await set('adam')).toMatchObject({ status: 200, body: { version: 2 } })
    expect((await api.as('adam')('DELETE /provider-keys/openai')).status).toBe(204)
    expect((await api.as('adam')('DELETE /provider-keys/openai')).status).toBe(404)
    expect((await api.acts()).map(({ event, success }) => [event, success])).toEqual([
      ['provider_key.set', undefined],
      ['provider_key.set', undefined],
      ['provider_key.removed', undefined],
      ['provider_key.removed', false],
    ])
  })
})

test('a key of a team stays of the team, and does not open in a row of another', async () => {
  const { providersFile, providerOrigins, clock } = api.installation
  const origin = providerOrigins['openai'] ?? ''
  const wanted = { name: 'openai', key, origin, team: 'red', recipient: ring[0] }
  await setProviderKey(providersFile, wanted, { clock, record: async () => {} })
  expect(await set('olga')).toMatchObject({ status: 200, body: { version: 2, team: 'red' } })
  const row = JSON.parse(readFileSync(providersFile, 'utf8')).providers.openai
  const opened = (team: string | null) =>
    openProviderKey('openai', { ...row, team }, { origin, ring })
  expect(opened('red')).toEqual({ key })
  for (const team of ['blue', null]) {
    expect(opened(team)).toMatchObject({ what: expect.stringContaining('does not open') })
  }
})

test('400: what is no key is refused without being quoted', async () => {
  const headers = await api.prove('olga', 'provider_key.set', 'openai')
  const body = { key: 'sk-with\nnewline-in-it' }
  const answer = await api.as('olga')('PUT /provider-keys/openai', { body, headers })
  expect(answer).toMatchObject({ status: 400, body: { problems: [{ path: 'key' }] } })
  expect(answer.text).not.toContain('newline')
})

test('403: it needs a proof for this provider, and an owner or admin', async () => {
  const body = { key }
  const none = await api.as('olga')('PUT /provider-keys/openai', { body })
  expect(none).toMatchObject({ status: 403, body: { act: 'provider_key.set' } })
  const headers = await api.prove('olga', 'provider_key.set', 'claude')
  expect((await api.as('olga')('PUT /provider-keys/openai', { body, headers })).status).toBe(403)
  expect((await set('audrey')).status).toBe(403)
  expect((await api.as('mia')('GET /provider-keys')).status).toBe(403)
})

test('404: a provider that nobody knows', async () => {
  expect((await set('olga', 'nobody')).status).toBe(404)
})

test('503: without the public half nothing is sealed; the file has it while the gatekeeper rests', async () => {
  ensures = false
  expect(await set('olga')).toMatchObject({ status: 503, body: { reason: 'unavailable' } })
  const { vaultPublicFile } = api.installation
  await mkdir(dirname(vaultPublicFile), { recursive: true })
  await writeFile(vaultPublicFile, writeRecipient(ring[0]))
  expect((await set('olga')).status).toBe(201)
})
