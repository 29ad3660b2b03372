/** `/analytics` (P14): asked through Caddy, admitted by the gatekeeper, answered by the admin process. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAdmin } from '../support/admin.ts'
import type { Child } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({ user: 'ada' })
const eve = makeKey({ user: 'eve' })
const boss = makeKey({ user: 'boss', role: 'admin', services: ['control'] })
const wide = makeKey({ user: 'wide', role: 'admin', services: ['*'] })

describe.skipIf(testCaddy === null)('analytics', () => {
  let stack: Stack
  let admin: Child
  const get = async (path: string, key?: string) => {
    const answer = await stack.send(path, key === undefined ? {} : { key })
    return { ...answer, json: JSON.parse(answer.text) }
  }
  beforeAll(async () => {
    stack = await startStack({ keys: [ada, eve, boss, wide] })
    admin = await startAdmin(stack.env)
    for (const { key } of [ada, ada, eve]) {
      const json = { model: 'demo', prompt: 'hello', stream: false }
      expect((await stack.send('/api/generate', { key, json })).status).toBe(200)
    }
    expect((await stack.send('/api/show', { key: ada.key, json: {} })).status).toBe(400)
  })
  afterAll(async () => {
    await admin?.stop()
    await stack?.stop()
  })

  it('shows a caller its own calls, and nothing of others', async () => {
    const { status, json, headers } = await get('/analytics/my-stats', ada.key)
    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-store')
    expect(json).toMatchObject({
      success: true,
      data: {
        user: { userId: 'ada', appId: null },
        totals: { requests: 3, successful: 2, failed: 1, costUsd: 0 },
        byApi: [{ api: 'ollama', requests: 3, averageMs: expect.any(Number) }],
        recent: [{ status: 400 }, { status: 200 }, { status: 200 }],
      },
    })
    const [, call] = json.data.recent
    expect(Object.keys(call)).toEqual([
      ...['at', 'api', 'endpoint', 'model', 'status', 'tokensIn', 'tokensOut', 'costUsd'],
      ...['durationMs', 'splitKey'],
    ])
    expect(call).toMatchObject({ api: 'ollama', endpoint: '/api/generate', splitKey: null })
    expect(call.at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  })

  it.each([
    ['an administrator sees everybody', boss, 4],
    ['a caller sees itself', ada, 3],
    ['`*` with the role admin makes nobody an administrator', wide, 0],
  ])('in the overview %s', async (_, { key }, requests) => {
    const { status, json } = await get('/analytics/overview', key)
    expect(status).toBe(200)
    expect(json.data.totals.requests).toBe(requests)
    expect(json.data.byHour).toHaveLength(24)
    expect(json.data.byHour.map((one: { hour: number }) => one.hour)).toEqual([...Array(24).keys()])
    const sum = (all: readonly { requests: number }[]) =>
      all.reduce((total, one) => total + one.requests, 0)
    expect([json.data.byHour, json.data.topUsers, json.data.byApi].map(sum)).toEqual([
      ...[requests, requests, requests],
    ])
  })

  it('counts costs and errors by API and by status', async () => {
    const costs = await get('/analytics/costs', boss.key)
    expect(costs.json.data).toEqual({
      totalUsd: 0,
      byApi: [{ api: 'ollama', costUsd: 0, percent: 0 }],
    })
    const errors = await get('/analytics/errors', boss.key)
    expect(errors.json.data).toEqual({
      ...{ total: 4, failed: 1, rate: 25 },
      byApi: [{ api: 'ollama', total: 4, failed: 1, rate: 25 }],
      byStatus: { 400: 1 },
    })
  })

  it("refuses another's report as it refuses that of nobody", async () => {
    const others = await get('/analytics/user/shop:ada', ada.key)
    const nobody = await get('/analytics/user/nobody:at%40all.example', ada.key)
    expect([others.status, nobody.status]).toEqual([403, 403])
    expect(others.text).toBe(nobody.text)
    expect(others.json).toEqual({ error: 'Forbidden', message: expect.any(String) })
    const asked = await get('/analytics/user/shop:eve%40example.com', boss.key)
    expect(asked.json.data).toMatchObject({
      user: { userId: 'eve@example.com', appId: 'shop' },
      totals: { requests: 0 },
      recent: [],
    })
  })

  it('counts a period by days of the time zone or by instants, and refuses anything else', async () => {
    const requests = async (dates: string) =>
      (await get(`/analytics/my-stats?${dates}`, ada.key)).json.data.totals.requests
    const today = new Date().toISOString().slice(0, 10)
    expect(await requests('startDate=2020-01-01T00:00:00Z&endDate=2020-02-01')).toBe(0)
    expect(await requests(`endDate=${today}T00:00:00%2B00:00`)).toBe(0)
    expect(await requests('startDate=2026-01-01')).toBe(3)
    for (const [dates, path] of [
      ...[
        ['startDate=yesterday', 'startDate'] as const,
        ['endDate=2026-02-31', 'endDate'] as const,
      ],
      ...[
        ['startDate=2026-11-01T00:00', 'startDate'] as const,
        ['startDate=', 'startDate'] as const,
      ],
      ['startDate=2026-02-02&endDate=2026-01-31', 'endDate'] as const,
      ['startDate=1999-01-01', 'startDate'] as const,
    ]) {
      const { status, json } = await get(`/analytics/overview?${dates}`, boss.key)
      expect([dates, status, json.error]).toEqual([dates, 400, 'Validation Error'])
      expect(json.details).toEqual([{ path, message: expect.any(String) }])
    }
    const twice = await get('/analytics/overview?endDate=2026-01-01&endDate=2027-01-01', boss.key)
    expect(twice.status).toBe(400)
    expect((await get('/analytics/overview?user=ada', boss.key)).status).toBe(400)
  })

  it('is not there without a credential, nor for other methods', async () => {
    const { status, headers, json } = await get('/analytics/overview')
    expect([status, headers['www-authenticate']]).toEqual([401, expect.stringContaining('Bearer')])
    expect(json.error).toBe('Authentication required')
    const posted = await stack.send('/analytics/overview', { key: ada.key, json: {} })
    expect(posted.status).toBe(404)
  })

  it('without the admin process it is 503 control-plane-off, and everything else goes on', async () => {
    await admin.stop()
    const { status, headers, json } = await get('/analytics/my-stats', ada.key)
    expect([status, json.error]).toEqual([503, 'Service Not Available'])
    expect(headers['retry-after']).toBe('30')
    expect((await stack.send('/api/tags', { key: ada.key })).status).toBe(200)
    expect(stack.gatekeeper.output()).toContain('the admin process did not answer')
    admin = await startAdmin(stack.env)
    expect((await get('/analytics/my-stats', ada.key)).status).toBe(200)
  })
})
