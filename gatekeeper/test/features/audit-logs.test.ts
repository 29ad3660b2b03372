/** `/admin/audit-logs` (P15): who did what from where, also of an audit that is too large to read. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { auditLogRoutes } from '../../../admin/src/handed-over/audit-logs.ts'
import type { HandedOver } from '../../../admin/src/handed-over/handed-over.ts'
import { openChain } from '../../src/audit/chain-writer.ts'
import { startAdmin } from '../support/admin.ts'
import { type Child, waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { type SendOptions, type Stack, startStack, testCaddy } from '../support/stack.ts'

const path = '/admin/audit-logs'
const boss = makeKey({ user: 'boss', role: 'admin', services: ['control'] })
const ada = makeKey({ user: 'ada' })

describe.skipIf(testCaddy === null)('the audit by the admin API', () => {
  let stack: Stack
  let admin: Child
  const ask = async (target: string, options: SendOptions = {}) => {
    const answer = await stack.send(target, { key: boss.key, ...options })
    return { ...answer, json: JSON.parse(answer.text) }
  }
  beforeAll(async () => {
    stack = await startStack({ keys: [boss, ada] })
    admin = await startAdmin(stack.env)
    const json = { ip: '10.0.0.0/8', type: 'deny', reason: 'scans' }
    const headers = { 'user-agent': 'console/1' }
    expect((await ask('/admin/ip-rules', { json, headers })).status).toBe(201)
    expect((await ask('/admin/ip-rules', { json, headers, key: ada.key })).status).toBe(403)
    // Records of requests are gathered for a moment.
    const query = `${path}?action=request&take=200`
    await waitUntil(
      async () => {
        const { json } = await ask(query)
        return (
          json.data.filter((record: { metadata: { path: string } }) => {
            return record.metadata.path === '/admin/ip-rules'
          }).length === 2
        )
      },
      { limitMs: 5_000, describe: () => stack.gatekeeper.output() },
    )
  })
  afterAll(async () => {
    await admin?.stop()
    await stack?.stop()
  })

  it('an act has its caller, address and program, and what it is about', async () => {
    const { status, json, headers } = await ask(`${path}?action=ip_rule.add`)
    expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(json.pagination).toEqual({ skip: 0, take: 50, total: 1 })
    const [record] = json.data
    expect(record).toEqual({
      id: expect.stringMatching(/^acts-\d+$/),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      ...{ userId: 'boss', organizationId: null, action: 'address_rule.added' },
      ...{ resourceType: 'address_rule', resourceId: expect.any(String) },
      metadata: expect.objectContaining({ principal: `key:${boss.id}` }),
      ...{ ipAddress: '127.0.0.1', userAgent: 'console/1', success: true },
    })
    expect(record.metadata.rules).toMatchObject([{ id: record.resourceId, ip: '10.0.0.0/8' }])
    expect((await ask(`${path}?action=address_rule`)).json.data).toEqual([record])
    expect(JSON.stringify(json)).not.toContain(boss.key)
  })

  it('a refused attempt is on record as failed, and is the newest of them', async () => {
    const { json } = await ask(`${path}/failed?limit=1`)
    expect(json).toEqual({ success: true, data: [expect.anything()] })
    expect(json.data[0]).toMatchObject({
      ...{ userId: 'ada', action: 'request', success: false, resourceType: 'request' },
      ...{ resourceId: 'control', metadata: { path: '/admin/ip-rules', status: 403 } },
    })
    const failed = await ask(`${path}?success=false`)
    expect(failed.json.data[0]).toEqual(json.data[0])
    const good = await ask(`${path}?success=true&take=200`)
    expect(good.json.data.every(({ success }: { success: boolean }) => success)).toBe(true)
  })

  it('is summed up by action and day', async () => {
    const { json } = await ask(`${path}/stats?days=1`)
    const { total, successful, failed, byAction, byDay } = json.data
    expect(failed).toBeGreaterThan(0)
    expect(successful + failed).toBe(total)
    expect(byAction).toMatchObject({ 'address_rule.added': 1, request: expect.any(Number) })
    expect(Object.values<number>(byAction).reduce((sum, count) => sum + count)).toBe(total)
    expect(byDay.map(({ date }: { date: string }) => date)).toContain(
      new Date().toISOString().slice(0, 10),
    )
  })

  it.each([
    ...['?take=201', '?skip=-1', '?success=yes', '?action=', '?startDate=yesterday', '?order=x'],
    ...['/stats?days=0', '/stats?days=91', '/stats?days=x', '/failed?limit=201', '/failed?skip=1'],
  ])('refuses %s', async (query) => {
    const { status, json } = await ask(path + query)
    expect([status, json.error]).toEqual([400, 'Validation Error'])
  })

  it.each([path, `${path}/stats`, `${path}/failed`])(
    '%s is for administrators only',
    async (at) => {
      expect((await ask(at, { key: ada.key })).status).toBe(403)
      expect((await stack.send(at)).status).toBe(401)
    },
  )
})

describe('an audit of any size', () => {
  const waits = new AbortController().signal
  let folder: string
  let now: number
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gk-audit-logs-'))
    now = Date.UTC(2026, 10, 20)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  async function write(name: string, count: number, fields: (at: number) => object) {
    const writer = openChain(
      {
        ...{ name, segmentBytesMax: 20_000, totalBytesMax: 1e9, ageMaxMs: null },
        ...{ segmentAgeMaxMs: null, sharedLock: null },
      },
      { folder, clock: () => now, sign: () => Promise.resolve(null) },
    )
    for (let at = 0; at < count; at++) {
      now += 1_000
      await writer.record({ ...fields(at) })
    }
    await writer.close()
  }

  const routesOf = (bytesMax?: number) =>
    auditLogRoutes({ auditFolder: folder, timeZone: 'UTC', clock: () => now + 1 }, bytesMax)
  const ask = async (query: string, routes = routesOf(), signal = waits) => {
    const handed = { query } as HandedOver
    const { status, body } = (await routes[`GET ${path}`]?.(handed, signal)) ?? {
      status: 0,
      body: {},
    }
    return { status, ...(body as Record<string, never>) } as {
      status: number
      data: { metadata: Record<string, unknown>; timestamp: string }[]
      pagination: { total: number }
      incomplete?: { since: string }
    }
  }

  it('pages have each record once, the newest first', async () => {
    await write('acts', 130, (number) => ({ event: 'key.added', key: 'k', number }))
    const numbers: unknown[] = []
    for (let skip = 0; skip < 150; skip += 50) {
      const { data, pagination } = await ask(`skip=${skip}&take=50`)
      expect(pagination.total).toBe(130)
      numbers.push(...data.map(({ metadata }) => metadata['number']))
    }
    expect(numbers).toEqual(Array.from({ length: 130 }, (_, at) => 129 - at))
  })

  it('requests beyond the bound are left out, and it says since when none is missing', async () => {
    await write('acts', 3, (number) => ({ event: 'key.added', key: 'k', number }))
    const filler = 'x'.repeat(200)
    await write('requests-1', 400, () => ({ event: 'request', outcome: 'allow', filler }))
    const { data, pagination, incomplete } = await ask('take=200', routesOf(40_000))
    expect(pagination.total).toBeLessThan(150)
    expect(pagination.total).toBeGreaterThan(50)
    const requests = data.filter(({ metadata }) => 'filler' in metadata)
    expect(incomplete).toEqual({ since: requests.at(-1)?.timestamp })
    // Acts are not hidden by requests.
    expect(data.slice(-3).map(({ metadata }) => metadata['number'])).toEqual([2, 1, 0])
    expect((await ask('take=1')).incomplete).toBe(undefined)
    // Nothing of this period was left out.
    const startDate = new Date(now - 10_000).toISOString()
    const recent = await ask(`startDate=${startDate}`, routesOf(40_000))
    expect([recent.pagination.total, recent.incomplete]).toEqual([11, undefined])
  })

  it('is read for one at a time, and not for those who left', async () => {
    await write('acts', 3, (number) => ({ event: 'key.added', key: 'k', number }))
    const routes = routesOf()
    const answers = await Promise.allSettled([
      ...[ask('', routes), ask('', routes, AbortSignal.abort()), ask('', routes)],
    ])
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('an answer stays small whatever the records have', async () => {
    const rules = Array.from({ length: 1_000 }, (_, id) => ({ id: `${id}`, ip: '10.0.0.0/8' }))
    await write('acts', 100, () => ({ event: 'address_rule.removed', rules }))
    expect(statSync(join(folder, 'acts-000001.jsonl')).size).toBeGreaterThan(30_000)
    const { data } = await ask('take=200')
    expect(data).toHaveLength(100)
    expect(JSON.stringify(data).length).toBeLessThan(100_000)
  })
})
