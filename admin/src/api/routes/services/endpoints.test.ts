import { afterEach, beforeEach, expect, test } from 'vitest'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { serviceEndpoints } from './endpoints.ts'

let api: TestApi
let answer: object
beforeEach(async () => {
  const checkedAt = '2026-11-30T12:00:00.000Z'
  answer = {
    services: [
      { name: 'ollama', configured: true, reachable: true, checkedAt },
      { name: 'tts', configured: true, reachable: false, checkedAt },
    ],
    providers: [],
  }
  const askGatekeeper = async () => ({ status: 200, document: answer })
  api = await openApi({ rows: serviceEndpoints, askGatekeeper })
})
afterEach(() => api.close())

test('services are listed as configured, with who answers', async () => {
  const { body, text } = await api.as('audrey')('GET /services')
  expect(body.items, text).toMatchObject([
    {
      ...{ name: 'ollama', kind: 'ollama', aliases: ['chat'], health: 'up', behind: null },
      address: 'http://127.0.0.1:1',
      routes: [{ host: null, prefix: '/chat', strip: true, mode: 'relay', browser: 'none' }],
      origins: ['https://app.example'],
    },
    { name: 'tts', health: 'down', routes: [{ mode: 'check' }], slots: null },
  ])
})

test('without a running gatekeeper nothing is claimed about them', async () => {
  answer = { unexpected: true }
  const { body } = await api.as('olga')('GET /services')
  expect(body.items).toMatchObject([{ health: 'unknown' }, { health: 'unknown' }])
})

test('a member does not see what is behind the gate', async () => {
  expect((await api.as('mia')('GET /services')).status).toBe(403)
})
