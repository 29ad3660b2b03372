import { afterEach, beforeEach, expect, test } from 'vitest'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { keyEndpoints } from '../keys/endpoints.ts'
import { queueEndpoints } from './endpoints.ts'

const one = (user: string, principal: string, sinceMs: number) => {
  return { user, principal, model: 'demo', sinceMs }
}
const queue = {
  slots: 2,
  running: [one('mia', 'key:abcde01234', 10), one('bob', 'key:bbbbb00000', 5)],
  waiting: [one('bob', 'key:bbbbb00000', 4), one('mia', 'key:abcde01234/x', 3)],
}

let api: TestApi
beforeEach(async () => {
  api = await openApi({
    rows: (deps) => [...keyEndpoints(deps), ...queueEndpoints(deps)],
    askGatekeeper: async (path) =>
      path === '/queue'
        ? { status: 200, document: { services: { ollama: queue } } }
        : { status: 200, document: { keys: {}, clients: {} } },
  })
  await api.as('mia')('PUT /keys/abcde01234', {
    body: {
      user: 'mia',
      services: ['ollama'],
      models: ['llama3*'],
      expiresAt: '2027-02-28T00:00:00Z',
    },
    headers: { 'if-none-match': '*' },
  })
})
afterEach(() => api.close())

test.each(['olga', 'adam', 'audrey'])('%s sees who runs and who waits', async (name) => {
  const { body } = await api.as(name)('GET /queue')
  expect(body.services).toEqual([
    {
      ...{ name: 'ollama', slots: 2, runningCount: 2, waitingCount: 2 },
      running: [
        { ...queue.running[0], key: 'abcde01234' },
        { ...queue.running[1], key: 'bbbbb00000' },
      ],
      waiting: [
        { ...queue.waiting[0], key: 'bbbbb00000', position: 1 },
        { ...queue.waiting[1], key: 'abcde01234', position: 2 },
      ],
    },
  ])
})

test('a member sees their own requests and their place, and of others only how many', async () => {
  const { body, text } = await api.as('mia')('GET /queue')
  expect(body.services).toMatchObject([
    {
      ...{ runningCount: 2, waitingCount: 2 },
      running: [{ user: 'mia', key: 'abcde01234' }],
      waiting: [{ user: 'mia', position: 2 }],
    },
  ])
  expect(text).not.toContain('bob')
  expect((await api.as('max')('GET /queue')).body.services).toMatchObject([
    { running: [], waiting: [] },
  ])
})
