/**
 * A model that a key may not use and one that does not exist get one answer: a caller that tries
 * names must not learn which of them the server has.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { makeKey } from '../support/keys.ts'
import { otherKey } from '../support/questions.ts'
import { type Answer, type Stack, startStack, testCaddy } from '../support/stack.ts'

const services = ['ollama', 'litellm']
const free = makeKey({ services })
const limited = makeKey({ services, models: ['good', 'any/good'] })

const config = (url: string) => `version: 1
services:
  ollama: {kind: ollama, routes: [{prefix: /api}, {prefix: /v1}]}
  litellm: {kind: openai, upstream: {url: "${url}"}, routes: [{prefix: /litellm, strip: true}]}
`

describe.skipIf(testCaddy === null)(
  'a model that does not exist and one that is not allowed',
  () => {
    let stack: Stack
    let other: FaultyUpstream
    beforeAll(async () => {
      other = await startFaultyUpstream()
      stack = await startStack({ keys: [free, limited], config: config(other.url) })
    })
    beforeEach(() => {
      const missing = {
        ...{
          status: 404,
          body: '{"error":{"message":"model \'bad\' not found, ask at 10.0.0.9"}}',
        },
        extraFields: { 'content-type': 'application/json', 'x-where': '10.0.0.9' },
      }
      other.reset()
      stack.upstream.reset()
      stack.upstream.behave(missing)
      other.behave(missing)
    })
    afterAll(async () => {
      await stack?.stop()
      await other?.close()
    })

    const seen = ({ status, headers, text }: Answer) => {
      const { 'x-request-id': id = '', date: _, ...fields } = headers
      return { status, fields, text: text.replaceAll(String(id), 'ID') }
    }

    it.each([
      ['POST', '/api/chat', { model: 'bad' }, "model 'bad' not found"],
      ['POST', '/api/show', { name: 'bad' }, "model 'bad' not found"],
      ['POST', '/v1/chat/completions', { model: 'bad' }, "The model 'bad' does not exist"],
      [
        'POST',
        '/v1/chat/completions',
        { model: 'Ns/Bad:7B' },
        "The model 'Ns/Bad:7B' does not exist",
      ],
      ['POST', '/v1/messages', { model: 'bad' }, 'not_found_error'],
      ['GET', '/v1/models/bad', undefined, "The model 'bad' does not exist"],
      ['POST', '/litellm/v1/chat/completions', { model: 'bad' }, 'invalid_request_error'],
      ['POST', '/litellm/v1/responses', { model: 'bad' }, "The model 'bad' does not exist"],
      ['POST', '/litellm/v1beta/models/bad:generateContent', {}, 'NOT_FOUND'],
    ])('%s %s %j: status, fields and body are the same', async (method, path, json, named) => {
      const body = json === undefined ? { method } : { method, json }
      const missing = await stack.send(path, { key: free.key, ...body })
      expect(stack.upstream.requests + other.requests).toBe(1)
      const refused = await stack.send(path, { key: limited.key, ...body })
      // The server was not asked in either case: the time reveals no more than the answer.
      expect(stack.upstream.requests + other.requests).toBe(1)
      expect(seen(missing)).toEqual(seen(refused))
      expect(missing.status).toBe(404)
      expect(missing.headers['x-should-retry']).toBe('false')
      expect(missing.text).toContain(named)
      expect(missing.text).not.toContain('10.0.0.9')
    })

    it.each([otherKey, `a ${otherKey}`, 'x'.repeat(300), 'a<script>', 'a"b'])(
      'a name that may hold a credential or is not one is not repeated: %s',
      async (model) => {
        for (const path of ['/api/chat', '/v1/chat/completions']) {
          const answer = await stack.send(path, { key: limited.key, json: { model } })
          expect(answer.status).toBe(404)
          expect(answer.text).not.toContain(model)
          expect(answer.text).toContain('The model does not exist or you do not have access to it.')
        }
      },
    )

    it('a request without a model gets the advice to name one', async () => {
      const answer = await stack.send('/v1/chat/completions', { key: limited.key, json: {} })
      expect(JSON.parse(answer.text).error).toMatchObject({
        ...{ code: 'model_not_found', param: 'model' },
        message: expect.stringContaining('Name one'),
      })
    })

    it('a refusal of the server about something else passes', async () => {
      const error = '{"error":"model does not support tools"}'
      stack.upstream.behave({
        ...{ status: 400, body: error, extraFields: { 'content-type': 'application/json' } },
      })
      const answer = await stack.send('/api/chat', { key: free.key, json: { model: 'good' } })
      expect([answer.status, answer.text]).toEqual([400, error])
    })
  },
)
