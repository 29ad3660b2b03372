import { writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type ChainWriter, openChain } from '../../../../../gatekeeper/src/audit/chain-writer.ts'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { complianceEndpoints } from '../compliance/endpoints.ts'
import { overviewEndpoints } from '../overview/endpoints.ts'
import { reviewEndpoints } from '../review/endpoints.ts'
import { auditEndpoints } from './endpoints.ts'

let api: TestApi
let requests: ChainWriter
beforeEach(async () => {
  api = await openApi({
    rows: (deps) => [
      ...[...auditEndpoints(deps), ...overviewEndpoints(deps)],
      ...[...reviewEndpoints(deps), ...complianceEndpoints(deps)],
    ],
  })
  await mkdir(api.installation.auditFolder, { recursive: true })
  requests = openChain(
    {
      ...{ name: 'requests-1', segmentBytesMax: 1e6, totalBytesMax: 1e9, ageMaxMs: null },
      ...{ segmentAgeMaxMs: null, sharedLock: null },
    },
    { folder: api.installation.auditFolder, clock: api.clock, sign: async () => null },
  )
})
afterEach(async () => {
  await requests.close()
  await api.close()
})

const request = async (members: object) => {
  api.pass(1_000)
  await requests.record({
    ...{ event: 'request', outcome: 'allow', requestId: 'r1', user: 'mia', principal: 'key:mia' },
    ...{ method: 'POST', path: '/chat', service: 'ollama', status: 200, ...members },
  })
}
const act = async (members: object) => {
  api.pass(1_000)
  await api.installation.record([
    { event: 'key.added', principal: 'person:olga000000', ...members },
  ])
}
const ids = (answer: { body: { items: { requestId: string }[] } }) =>
  answer.body.items.map(({ requestId }) => requestId)

describe('GET /audit', () => {
  test('acts and requests come together, the newest first, with names in place of references', async () => {
    await request({ requestId: 'r1' })
    await act({ key: 'abcde01234', user: 'kitchen', requestId: 'r2' })
    const { body, text } = await api.as('audrey')('GET /audit')
    expect(body, text).toMatchObject({
      items: [
        {
          ...{ id: 'acts-1', event: 'key.added', about: 'abcde01234', requestId: 'r2' },
          ...{ actor: 'person:olga000000', success: true, details: { user: 'kitchen' } },
        },
        { id: 'requests-1-1', event: 'request', actor: 'mia', details: { path: '/chat' } },
      ],
      ...{ next: null, total: null, lookedBackTo: null },
    })
  })

  test('filters find what they say', async () => {
    await request({ requestId: 'r1', outcome: 'deny', reason: 'rate-limited', status: 429 })
    await request({ requestId: 'r2', user: 'max', clientAddress: '192.0.2.7' })
    await act({ requestId: 'r2', key: 'abcde01234' })
    const find = async (query: string) => ids(await api.as('olga')(`GET /audit?${query}`))
    expect(await find('request=r2')).toEqual(['r2', 'r2'])
    expect(await find('chain=acts')).toEqual(['r2'])
    expect(await find('success=false')).toEqual(['r1'])
    expect(await find('user=max')).toEqual(['r2'])
    expect(await find('q=MAX')).toEqual(['r2'])
    expect(await find('event=key')).toEqual(['r2'])
    expect(await find('reason=rate-limited')).toEqual(['r1'])
    expect(await find('address=192.0.2.0/24')).toEqual(['r2'])
    expect(await find('until=2026-11-29')).toEqual([])
    expect((await api.as('olga')('GET /audit?address=nowhere')).status).toBe(400)
  })

  test('pages stay as they are while records are added', async () => {
    for (let number = 0; number < 5; number++) await request({ requestId: `r${number}` })
    const first = await api.as('olga')('GET /audit?limit=2')
    await request({ requestId: 'later' })
    const second = await api.as('olga')(`GET /audit?limit=2&cursor=${first.body.next}`)
    expect([...ids(first), ...ids(second)]).toEqual(['r4', 'r3', 'r2', 'r1'])
    const { body } = await api.as('olga')(`GET /audit?limit=2&user=mia&cursor=${first.body.next}`)
    expect(body.reason).toBe('invalid')
  })

  test('a member sees the own requests and acts, and finds others as what does not exist', async () => {
    await request({ requestId: 'r1' })
    await request({ requestId: 'r2', user: 'max', principal: 'key:max' })
    await act({ principal: 'person:max0000000', requestId: 'r3' })
    await act({ principal: 'person:mia0000000', requestId: 'r4' })
    const mia = api.as('mia')
    expect(ids(await mia('GET /audit'))).toEqual(['r4', 'r1'])
    expect((await mia('GET /audit?request=r2')).text).toBe(
      (await mia('GET /audit?request=no')).text,
    )
    expect((await mia('GET /audit?user=max')).body.items).toEqual([])
    for (const path of ['/audit/verify', '/audit/export', '/audit/anomalies', '/review']) {
      expect((await mia(`GET ${path}`)).status).toBe(403)
    }
  })
})

describe('GET /audit/verify', () => {
  const verify = () =>
    vi.waitFor(async () => {
      const { body } = await api.as('audrey')('GET /audit/verify')
      expect(body.isIntact).not.toBeNull()
      return body
    })

  test('says up to which record the chains are whole, without waiting for it', async () => {
    await request({})
    await request({})
    expect((await api.as('audrey')('GET /audit/verify')).body).toMatchObject({
      ...{ isIntact: null, isRunning: true },
    })
    const { isIntact, chains } = await verify()
    expect(isIntact).toBe(true)
    expect(chains).toMatchObject([{ name: 'requests-1', records: 2, head: { sequence: 2 } }])
    expect(chains[0].head.hash).toMatch(/^[0-9a-f]{16}$/)
  })

  test('names the line that was changed', async () => {
    await request({ status: 403 })
    await request({})
    const folder = api.installation.auditFolder
    const name = (await readdir(folder)).find((file) => file.startsWith('requests')) ?? ''
    const text = await readFile(join(folder, name), 'utf8')
    writeFileSync(join(folder, name), text.replace('403', '200'))
    const { isIntact, chains } = await verify()
    expect(isIntact).toBe(false)
    expect(chains[0].problem).toContain(`${name}:1: was changed`)
  })
})

describe('GET /audit/export', () => {
  test('needs a proof for this act, is on record, and has the records as they are shown', async () => {
    await request({ requestId: 'r1' })
    await request({ requestId: 'r2', user: 'max' })
    const refused = await api.as('audrey')('GET /audit/export')
    expect([refused.status, refused.body.act]).toEqual([403, 'audit.export'])
    const headers = await api.prove('audrey', 'audit.export', null)
    const { text } = await api.as('audrey')('GET /audit/export?user=max&chain=requests', {
      headers,
    })
    const lines = text.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ requestId: 'r2', user: 'max' }])
    const exported = (await api.acts()).filter(({ event }) => event === 'audit.exported')
    expect(exported).toMatchObject([
      { success: false },
      { principal: 'person:audrey0000', filters: ['chain', 'user'] },
    ])
    expect(JSON.stringify(exported)).not.toContain('max')
    const again = await api.as('audrey')('GET /audit/export', { headers })
    expect(again.status).toBe(403)
  })
})

describe('GET /overview', () => {
  test('has the newest refusals, and nothing of others for a member', async () => {
    await request({ requestId: 'r1', outcome: 'deny', reason: 'rate-limited', status: 429 })
    await request({ requestId: 'r2', outcome: 'deny', reason: 'role', user: 'max' })
    await request({ requestId: 'r3' })
    const all = (await api.as('olga')('GET /overview')).body
    expect(all.refusals).toMatchObject([
      { requestId: 'r2', user: 'max', reason: 'role' },
      { requestId: 'r1', method: 'POST', path: '/chat', service: 'ollama', status: 429 },
    ])
    expect(all.today.refused).toBe(2)
    expect(all.buckets).toHaveLength(96)
    const { body, text } = await api.as('mia')('GET /overview')
    expect(body.refusals).toMatchObject([{ requestId: 'r1' }])
    expect(body.today.refused).toBe(1)
    expect(text).not.toContain('max')
  })
})

describe('the review', () => {
  test('lists people, keys and clients, and is recorded with who did it', async () => {
    const olga = api.as('olga')
    const before = (await olga('GET /review')).body
    expect(before).toMatchObject({ lastReview: null, counts: { person: 6, key: 0 } })
    expect(before.items[0]).toMatchObject({ kind: 'person', marks: ['admin', 'unused'] })
    expect((await olga('POST /review')).status).toBe(200)
    const after = (await olga('GET /review?kind=person&q=mia')).body
    expect(after).toMatchObject({ lastReview: { by: 'olga' }, isDue: false, total: 1 })
    expect((await api.as('audrey')('POST /review')).status).toBe(403)
  })
})

test('compliance lists every control with its requirements, those with findings first', async () => {
  const { body, text } = await api.as('audrey')('GET /compliance')
  expect(body.controls.length, text).toBeGreaterThan(8)
  expect(body.controls.map(({ name }: { name: string }) => name)).toContain('access-review')
  expect(body.controls[0].requirements).toMatchObject({ 'SOC 2': expect.any(Array) })
})
