import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { doctorEndpoints } from './endpoints.ts'

let api: TestApi
let parts: object
beforeEach(async () => {
  parts = { status: 'ok', parts: { keys: [] } }
  const askGatekeeper = async () => ({ status: 200, document: parts })
  api = await openApi({ rows: doctorEndpoints, askGatekeeper })
})
afterEach(() => api.close())

test('findings have a cure, the worst first, and name what only the command examines', async () => {
  await writeFile(join(api.keysDir, 'rules.json'), '{"version":1,')
  const { body, text } = await api.as('olga')('GET /doctor')
  expect(body.items[0], text).toMatchObject({
    ...{ name: 'client addresses', state: 'bad', source: 'keys/rules.json' },
    ...{ what: expect.any(String), remedy: expect.any(String) },
  })
  expect(body.items.at(-1)).toMatchObject({ state: 'ok', what: 'nothing found' })
  expect(body.counts).toMatchObject({ bad: 1 })
  expect(body.onlyByCommand).toContain('Caddy and Caddyfile')
  expect(text).not.toContain(api.folder)
})

test('what is stale in the running gatekeeper is a finding', async () => {
  const problem = { source: join(api.keysDir, 'keys.json'), what: 'is broken', remedy: 'Mend it.' }
  const note = { ...problem, what: 'names a service that does not exist' }
  parts = { status: 'degraded', parts: { keys: [problem] }, notes: [note] }
  const { body } = await api.as('audrey')('GET /doctor')
  expect(body.items[0]).toMatchObject({
    ...{ state: 'bad', source: 'keys/keys.json', what: 'keys: is broken', remedy: 'Mend it.' },
  })
  expect(body.items[1]).toMatchObject({ state: 'warn', what: note.what })
})

test('a gatekeeper that does not answer is a finding', async () => {
  parts = {}
  const { body } = await api.as('audrey')('GET /doctor')
  expect(body.items[0]).toMatchObject({ state: 'bad', what: 'it does not answer' })
})

test('an examination is good for half a minute, and then made again', async () => {
  const first = (await api.as('olga')('GET /doctor')).body.at
  await writeFile(join(api.keysDir, 'rules.json'), '{')
  api.pass(29_000)
  const kept = (await api.as('olga')('GET /doctor')).body
  expect([kept.at, kept.counts.bad]).toEqual([first, 0])
  api.pass(2_000)
  expect((await api.as('olga')('GET /doctor')).body.counts.bad).toBe(1)
})

test('a member does not see the findings', async () => {
  expect((await api.as('mia')('GET /doctor')).status).toBe(403)
})
