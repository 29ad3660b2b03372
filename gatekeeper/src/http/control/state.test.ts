import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aPrincipal, aService } from '../../../test/support/questions.ts'
import type { Standing } from '../../model/limit.ts'
import { viewService } from '../../model/service-view.ts'
import { createApplication } from '../koa.ts'
import { notFound } from '../router.ts'
import { stateRoutes } from './state.ts'

const standing: Standing = {
  ...{ scope: 'key', subject: 'key:abc', text: '2/day', unit: 'requests', amount: 2, used: 1 },
  ...{ remaining: 1, resetAt: 86_400_000, periodSeconds: 86_400 },
}
const problem = { source: 'keys.json', what: 'is broken', remedy: 'Mend it.' }
const key = `gk_${'a'.repeat(10)}_${'b'.repeat(49)}`
const faults: unknown[] = []
let problems = [problem]
const routes = stateRoutes({
  queues: () => ({ ollama: { slots: 1, running: [], waiting: [] } }),
  isDraining: () => false,
  parts: () => ({ keys: problems, vault: [] }),
  notes: () => [{ ...problem, what: `has ${key}` }],
  services: [viewService(aService({ name: 'tts' }))],
  readHealth: async () => ({
    ...{ status: 'ok', services: [], providers: [], stores: [], degraded: [] },
  }),
  findPrincipal: (_, id) => (id === 'abc' ? aPrincipal({ id: 'key:abc' }) : 'unknown-key'),
  standingsOf: () => [standing],
})
const server = createServer(
  createApplication([routes, notFound], (fault) => faults.push(fault)).callback(),
)
let url = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

async function ask(path: string, question: unknown = {}) {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify(question)
  const answer = await fetch(url + path, { method: 'POST', headers, body })
  return { status: answer.status, document: (await answer.json()) as unknown }
}

describe('the state of the gatekeeper', () => {
  it('lists the queues', async () => {
    const services = { ollama: { slots: 1, running: [], waiting: [] } }
    expect(await ask('/queue')).toEqual({ status: 200, document: { services } })
  })

  it('names stale parts with the cure', async () => {
    const parts = { keys: [problem], vault: [] }
    expect((await ask('/parts')).document).toMatchObject({ status: 'degraded', parts })
    problems = []
    expect((await ask('/parts')).document).toMatchObject({ status: 'ok' })
  })

  it('tells what was probably not meant, without a key that stands there', async () => {
    const { document } = await ask('/parts')
    expect(document).toMatchObject({ notes: [{ source: 'keys.json', remedy: 'Mend it.' }] })
    expect(JSON.stringify(document)).not.toContain('bbb')
  })

  it('lists the services in force', async () => {
    const { document } = await ask('/services')
    expect(document).toMatchObject({
      status: 'ok',
      configured: [{ name: 'tts', isProvider: false }],
    })
  })

  it('tells what is used of the limits of keys, and null for those that may not act', async () => {
    const limit = {
      ...{ scope: 'key', text: '2/day', unit: 'requests', limit: 2, used: 1, remaining: 1 },
      resetsAt: '1970-01-02T00:00:00.000Z',
    }
    const question = { keys: ['abc', 'gone', '__proto__'] }
    const { document } = await ask('/usage-of', question)
    const { keys } = document as { readonly keys: object }
    expect(Object.entries(keys)).toEqual([
      ['abc', [limit]],
      ['gone', null],
      ['__proto__', null],
    ])
  })

  it.each([
    [{ keys: 'abc' }],
    [{ keys: [''] }],
    [{ keys: Array.from({ length: 201 }, () => 'abc') }],
    [{ more: 1 }],
    [[]],
  ])('refuses %j', async (question) => {
    expect((await ask('/usage-of', question)).status).toBe(400)
    expect(faults).toEqual([])
  })
})
