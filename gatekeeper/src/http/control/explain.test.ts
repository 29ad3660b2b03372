import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExplainQuestion, Explanation } from '../../model/explanation.ts'
import { createApplication } from '../koa.ts'
import { explainHandlers } from './explain.ts'

const asked: ExplainQuestion[] = []
const faults: unknown[] = []
const explain = async (question: ExplainQuestion) => {
  asked.push(question)
  return { isCounted: true } as Explanation
}
const server = createServer(
  createApplication(explainHandlers(explain), (fault) => faults.push(fault)).callback(),
)
let url = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

const question = {
  ...{ method: 'GET', target: '/api/tags', host: 'localhost', clientAddress: '127.0.0.1' },
  ...{ origin: null, model: null, caller: { kind: 'anonymous' } },
}
async function post(body: string, { path = '/explain', type = 'application/json' } = {}) {
  asked.splice(0)
  const headers = { 'content-type': type }
  const answer = await fetch(url + path, { method: 'POST', headers, body })
  return { status: answer.status, text: await answer.text(), asked: asked.length }
}

describe('the explain listener', () => {
  it('explains a question', async () => {
    const { status, text } = await post(JSON.stringify(question))
    expect([status, text, asked]).toEqual([200, '{"isCounted":true}', [question]])
  })

  it.each([
    ['no JSON', 'x'],
    ['nothing', ''],
    ['a list', '[]'],
    ['a member too many', JSON.stringify({ ...question, more: 1 })],
    ['a member too few', JSON.stringify({ ...question, host: undefined })],
    ['a prototype', `{"__proto__":{},${JSON.stringify(question).slice(1)}`],
    ['too much', JSON.stringify({ ...question, target: 'x'.repeat(300_000) })],
  ])('refuses %s', async (_name, body) => {
    expect(await post(body)).toMatchObject({ status: 400, asked: 0 })
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'reads no body of type %s',
    async (type) => {
      expect(await post(JSON.stringify(question), { type })).toMatchObject({
        status: 400,
        asked: 0,
      })
    },
  )

  it.each(['/', '/explain/', '/EXPLAIN', '/%65xplain', '//explain'])(
    'answers nothing at %s',
    async (path) => {
      expect(await post(JSON.stringify(question), { path })).toMatchObject({
        status: 404,
        asked: 0,
      })
    },
  )

  it('answers POST only, and no request is logged as a fault', async () => {
    expect((await fetch(`${url}/explain`)).status).toBe(404)
    expect(faults).toEqual([])
  })
})
