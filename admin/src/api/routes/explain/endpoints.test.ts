import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Explanation } from '../../../../../gatekeeper/src/model/explanation.ts'
import { checks } from '../../../../../gatekeeper/src/policy/checks.ts'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { keyEndpoints } from '../keys/endpoints.ts'
import { checkTexts } from './check-texts.ts'
import { explainEndpoints } from './endpoints.ts'

const explanation: Explanation = {
  request: {
    ...{ method: 'POST', path: '/chat/api/chat', point: 'relay', service: 'ollama' },
    ...{ route: '/chat', endpoint: '/api/chat', class: 'use' },
  },
  caller: {
    ...{ id: 'key:abcde01234', kind: 'key', user: 'mia', role: 'readwrite' },
    ...{ services: ['ollama'], models: ['llama3*'], madeBy: null },
  },
  checks: [
    { check: 'known-caller', needs: 'head', reason: null, principal: null, written: [] },
    {
      ...{ check: 'allowed-model', needs: 'body', reason: 'model-not-allowed' },
      principal: 'key:abcde01234',
      written: [{ file: 'keys', path: ['keys', 'abcde01234', 'models'] }],
    },
    { check: 'within-caps', needs: 'body', reason: 'not-asked', principal: null, written: [] },
  ],
  limits: [
    {
      ...{ scope: 'key', subject: 'key:abcde01234', text: '2/day', unit: 'requests', amount: 2 },
      ...{ used: 1, remaining: 1, resetAt: 1_800_000_000_000, periodSeconds: 86_400 },
      written: [{ file: 'keys', path: ['keys', 'abcde01234', 'limits'] }],
    },
  ],
  isCounted: true,
  verdict: {
    ...{ isAllowed: false, check: 'allowed-model', reason: 'model-not-allowed', status: 404 },
    ...{ text: 'The model other is not there.', limit: null },
  },
  written: [{ file: 'keys', path: ['keys', 'abcde01234', 'models'] }],
}

let api: TestApi
let asked: unknown[]
let isRunning: boolean
beforeEach(async () => {
  asked = []
  isRunning = true
  api = await openApi({
    rows: (deps) => [...keyEndpoints(deps), ...explainEndpoints(deps)],
    askGatekeeper: async (path, question) => {
      if (path === '/usage-of') return { status: 200, document: { keys: {}, clients: {} } }
      asked.push([path, question])
      if (!isRunning) throw Object.assign(new Error('no gatekeeper'), { code: 'ENOENT' })
      return { status: 200, document: explanation }
    },
  })
  const headers = { 'if-none-match': '*' }
  const body = {
    ...{ services: ['ollama'], models: ['llama3*'], limits: ['2/day'] },
    expiresAt: '2027-02-28T00:00:00Z',
  }
  await api.as('mia')('PUT /keys/abcde01234', { body: { ...body, user: 'mia' }, headers })
  await api.as('max')('PUT /keys/fghij56789', { body: { ...body, user: 'max' }, headers })
})
afterEach(() => api.close())

const question = { key: 'abcde01234', method: 'post', path: '/chat/api/chat', model: 'other' }
const explain = async (name: string, body: object) => await api.as(name)('POST /explain', { body })

test('an explanation has the checks in order, with the place of the rule and the command', async () => {
  const { status, body, text } = await explain('mia', question)
  expect(status, text).toBe(200)
  expect(body).toMatchObject({
    ...{ verdict: 'refused', status: 404, reason: 'model-not-allowed' },
    checks: [
      { name: 'known-caller', result: 'pass', why: 'key:abcde01234, of mia, readwrite' },
      {
        ...{ name: 'allowed-model', result: 'deny', why: 'The model other is not there.' },
        place: { file: 'keys/keys.json', line: expect.any(Number), member: expect.any(String) },
      },
      { name: 'within-caps', result: 'skip', why: null, place: null },
    ],
    limits: [{ text: '2/day', used: 1, limit: 2, isRefusing: false }],
    command: 'npm run explain -- --live --key abcde01234 --model other POST /chat/api/chat',
  })
  expect(text).not.toContain(api.folder)
})

test('the running gatekeeper is asked by the id of the key, as the command asks it', async () => {
  await explain('mia', { ...question, from: '10.0.0.7', origin: 'https://app.example' })
  expect(asked).toEqual([
    [
      '/explain',
      {
        ...{ method: 'POST', target: '/chat/api/chat', host: 'localhost' },
        ...{ clientAddress: '10.0.0.7', origin: 'https://app.example' },
        ...{ model: 'other', endpoint: null, caller: { kind: 'key', id: 'abcde01234' } },
      },
    ],
  ])
})

describe('a member', () => {
  test('sees a key of somebody else exactly as one that does not exist', async () => {
    const other = await explain('mia', { ...question, key: 'fghij56789' })
    const none = await explain('mia', { ...question, key: 'zzzzz00000' })
    const withoutId = ({ requestId: _, ...rest }: Record<string, unknown>) => rest
    expect(other.status).toBe(404)
    expect(withoutId(other.body)).toEqual(withoutId(none.body))
    expect((await explain('mia', { ...question, key: undefined })).status).toBe(404)
    expect((await explain('mia', { ...question, key: undefined, client: 'x' })).status).toBe(404)
    expect(asked).toEqual([])
  })
})

test.each(['olga', 'adam', 'audrey'])('%s sees every key, and what strangers may', async (name) => {
  expect((await explain(name, { ...question, key: 'fghij56789' })).status).toBe(200)
  expect((await explain(name, { ...question, key: undefined })).status).toBe(200)
})

test('a whole key is refused, and its text is not repeated', async () => {
  const key = `gk_abcde01234_${'x'.repeat(49)}`
  const { status, text } = await explain('olga', { ...question, key })
  expect(status).toBe(400)
  expect(text).not.toContain('xxx')
  expect(asked).toEqual([])
})

test.each([
  ['a path without a slash', { path: 'api' }],
  ['a path with a line break', { path: '/a\nb' }],
  ['a method that is none', { method: 'G T' }],
  ['an address that is none', { from: 'home' }],
  ['two callers', { client: 'x' }],
  ['more than it knows', { token: 'x' }],
])('%s is refused', async (_, members) => {
  expect((await explain('olga', { ...question, ...members })).status).toBe(400)
})

test('words of the command are quoted for a shell', async () => {
  const { body } = await explain('olga', { ...question, path: "/a?b='$(id)'&c" })
  expect(body.command).toContain(`'/a?b='\\''$(id)'\\''&c'`)
})

test('without a running gatekeeper the answer says so', async () => {
  isRunning = false
  const { status, body } = await explain('olga', question)
  expect([status, body.reason]).toEqual([503, 'unavailable'])
})

test('every check has a title for people', () => {
  const names = Object.values(checks).flatMap((list) =>
    list.map((check: { readonly name: string }) => check.name),
  )
  expect(Object.keys(checkTexts).sort()).toEqual([...new Set(names)].sort())
})
