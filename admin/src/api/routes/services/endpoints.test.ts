import { afterEach, beforeEach, expect, test } from 'vitest'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { serviceEndpoints } from './endpoints.ts'

const route = { host: null, prefix: '/chat', strip: true, mode: 'relay', browser: 'none' }
const ollama = {
  ...{ name: 'ollama', kind: 'ollama', aliases: ['chat'], anonymous: false, isProvider: false },
  ...{ origins: ['https://app.example'], behind: null, address: 'http://127.0.0.1:1' },
  ...{ routes: [route], limits: [], slots: null },
}
const tts = { ...ollama, name: 'tts', routes: [{ ...route, mode: 'check' }] }
const openai = { ...ollama, name: 'openai', isProvider: true }
const configured = [ollama, tts, openai]

let api: TestApi
let answer: object
beforeEach(async () => {
  const checkedAt = '2026-11-30T12:00:00.000Z'
  answer = {
    configured,
    services: [
      { name: 'ollama', configured: true, reachable: true, checkedAt },
      { name: 'tts', configured: true, reachable: false, checkedAt },
    ],
    providers: [{ name: 'openai', configured: false }],
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
    { name: 'openai', health: 'key-missing' },
  ])
  expect(body.isRunning).toBe(true)
})

test('without a running gatekeeper the file is shown, and nothing is claimed about health', async () => {
  answer = { unexpected: true }
  const { body } = await api.as('olga')('GET /services')
  expect(body).toMatchObject({
    isRunning: false,
    items: [
      { name: 'ollama', health: 'unknown' },
      { name: 'tts', health: 'unknown' },
    ],
  })
})

test('a member does not see what is behind the gate', async () => {
  expect((await api.as('mia')('GET /services')).status).toBe(403)
})
