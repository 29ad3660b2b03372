import Anthropic from '@anthropic-ai/sdk'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { anEndpoint, aRoute, aService, sampleKey, someFacts } from '../../test/support/questions.ts'
import type { RequestFacts } from '../policy/facts.ts'
import { type Reason, reasonRow, reasons } from '../policy/reason.ts'
import { type Answer, renderReason } from './error-response.ts'

const all = Object.keys(reasons) as Reason[]
const native = someFacts()
const compatible = someFacts({ endpoint: anEndpoint({ dialect: 'openai' }) })
const bodyOf = (answer: Answer) => JSON.parse(answer.body)

/** A client's `fetch` that gets the answer, without a network. */
const answering = (answer: Answer) =>
  (() =>
    Promise.resolve(
      new Response(answer.body, { status: answer.status, headers: { ...answer.fields } }),
    )) as unknown as typeof fetch

/** What the client throws. */
async function thrownBy<T>(call: () => Promise<unknown>): Promise<T> {
  try {
    await call()
  } catch (error) {
    return error as T
  }
  throw new Error('the client took a refusal for an answer')
}

describe.each(all)('%s', (reason) => {
  const row = reasonRow(reason)

  test('is a JSON answer that nobody may keep', () => {
    for (const facts of [native, compatible, null]) {
      const { status, fields, body } = renderReason(reason, { facts, requestId: 'request-1' })
      expect(status).toBe(row.status)
      expect(fields).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'x-request-id': 'request-1',
      })
      expect(() => JSON.parse(body)).not.toThrow()
      expect(body).not.toContain('signin_url')
      // The reason's own name is for the log: `expired-key` would tell a stranger that it was one.
      expect(body).not.toContain(`"${reason}"`)
    }
  })

  test('is understood by ollama-js on native paths', async () => {
    const answer = renderReason(reason, { facts: native, requestId: 'request-1' })
    const client = new Ollama({ host: 'http://gate.example', fetch: answering(answer) })
    const error = await thrownBy<Error & { status_code: number }>(() => client.list())
    expect(error.name).toBe('ResponseError')
    expect(error.status_code).toBe(row.status)
    expect(error.message).toContain(row.text)
  })

  test('is understood by openai', async () => {
    const answer = renderReason(reason, { facts: compatible, requestId: 'request-1' })
    const client = new OpenAI({
      ...{ apiKey: sampleKey, baseURL: 'http://gate.example/v1', maxRetries: 0 },
      fetch: answering(answer),
    })
    const error = await thrownBy<InstanceType<typeof OpenAI.APIError>>(() => client.models.list())
    expect(error).toBeInstanceOf(OpenAI.APIError)
    expect(error).toMatchObject({ status: row.status, code: row.code, type: row.type })
    expect(error.message).toContain(row.text)
  })

  test('is understood by Anthropic', async () => {
    const answer = renderReason(reason, { facts: compatible, requestId: 'request-1' })
    const client = new Anthropic({
      ...{ apiKey: sampleKey, baseURL: 'http://gate.example', maxRetries: 0 },
      fetch: answering(answer),
    })
    const error = await thrownBy<InstanceType<typeof Anthropic.APIError>>(() =>
      client.models.list(),
    )
    expect(error).toBeInstanceOf(Anthropic.APIError)
    expect(error.status).toBe(row.status)
    expect(error.type).toBe(row.type)
    expect(error.message).toContain(row.text)
  })
})

describe('the dialect', () => {
  const ollama = aService()
  const unlisted = (endpointPath: string, service: RequestFacts['service'] = ollama) =>
    someFacts({ endpoint: null, endpointPath, service })

  test.each([
    ['a native row', native, 'ollama'],
    ['a compatible row', compatible, 'openai'],
    ['an unlisted native path', unlisted('/api/unknown'), 'ollama'],
    ['an unlisted compatible path', unlisted('/v1/unknown'), 'openai'],
    ['Ollama’s root', unlisted('/'), 'ollama'],
    ['LiteLLM', unlisted('/x', aService({ kind: 'openai' })), 'openai'],
    ['an opaque service', unlisted('/x', aService({ kind: 'http' })), 'openai'],
    ['no service', unlisted('', null), 'openai'],
    ['nothing at all', null, 'openai'],
  ] as const)('of %s', (_, facts, dialect) => {
    const body = bodyOf(renderReason('unlisted-endpoint', { facts, requestId: 'r' }))
    // ollama-js prints `[object Object]` for anything but a text.
    expect(typeof body.error).toBe(dialect === 'ollama' ? 'string' : 'object')
  })

  test('openai is one form for two libraries, whole', () => {
    expect(
      bodyOf(renderReason('class-not-granted', { facts: compatible, requestId: 'r-1' })),
    ).toEqual({
      type: 'error',
      error: {
        message: 'The role of this key does not allow this endpoint.',
        type: 'permission_error',
        param: null,
        code: 'endpoint_not_allowed',
      },
      request_id: 'r-1',
    })
  })

  test('ollama is a text and nothing else', () => {
    expect(bodyOf(renderReason('no-credential', { facts: native, requestId: 'r-1' }))).toEqual({
      error: 'An API key is needed: Authorization: Bearer KEY.',
    })
  })

  test('oauth and widget are their own', () => {
    const render = (dialect: 'oauth' | 'widget') =>
      bodyOf(
        renderReason('no-route', {
          facts: someFacts({ endpoint: anEndpoint({ dialect }) }),
          requestId: 'r',
        }),
      )
    expect(render('oauth')).toEqual({
      error: 'not_found',
      error_description: 'There is no such endpoint here.',
    })
    expect(render('widget')).toEqual({
      error: 'not_found',
      message: 'There is no such endpoint here.',
    })
  })
})

describe('fields', () => {
  test('401 challenges with Bearer, never with Basic, which would pop up a window', () => {
    for (const reason of all.filter((one) => reasonRow(one).status === 401)) {
      expect(
        renderReason(reason, { facts: native, requestId: 'r' }).fields['www-authenticate'],
      ).toBe('Bearer realm="gatekeeper"')
    }
  })

  test('only a page that a person opens, on a route that says so, is asked for a password', () => {
    const basic = aRoute({ browser: 'basic' })
    const challenge = (facts: Partial<RequestFacts>) =>
      renderReason('no-credential', { facts: someFacts(facts), requestId: 'r' }).fields[
        'www-authenticate'
      ]
    expect(challenge({ route: basic, isNavigation: true })).toMatch(/^Basic /)
    expect(challenge({ route: basic, isNavigation: false })).toMatch(/^Bearer /)
    expect(challenge({ route: aRoute(), isNavigation: true })).toMatch(/^Bearer /)
  })

  test('every bad key gets the very same answer', () => {
    const bad = ['malformed-key', 'unknown-key', 'wrong-secret', 'expired-key', 'disabled-key']
    const answers = [...bad].map((reason) =>
      JSON.stringify(renderReason(reason as Reason, { facts: native, requestId: 'r' })),
    )
    expect(new Set(answers).size).toBe(1)
  })

  test('403 says that a repetition is useless, and what may pass says when', () => {
    for (const reason of all) {
      const { status, retryAfterSeconds, isFinal } = reasonRow(reason)
      const { fields } = renderReason(reason, { facts: native, requestId: 'r' })
      expect(fields['x-should-retry']).toBe(isFinal === true ? 'false' : undefined)
      expect(fields['retry-after']).toBe(retryAfterSeconds?.toString())
      expect('www-authenticate' in fields).toBe(status === 401)
    }
  })

  test('a page of the service’s origins can read the refusal, another one cannot', () => {
    const service = aService({ origins: ['https://app.example'] })
    const fieldsFor = (origin: string) =>
      renderReason('unknown-key', { facts: someFacts({ service, origin }), requestId: 'r' }).fields
    expect(fieldsFor('https://app.example')).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      vary: 'Origin',
    })
    expect(fieldsFor('https://evil.example')).not.toHaveProperty('access-control-allow-origin')
  })
})

test('a detail stands in place of the usual text in every dialect, with the member that it names', () => {
  const detail = { text: 'num_ctx is 9000; this key may use up to 8000.', param: 'num_ctx' }
  const render = (facts: RequestFacts) =>
    bodyOf(renderReason('context-too-large', { facts, requestId: 'r', detail }))
  expect(render(native)).toEqual({ error: detail.text })
  expect(render(compatible).error).toMatchObject({ message: detail.text, param: 'num_ctx' })
  const chat = someFacts({ service: aService({ kind: 'chat' }), endpoint: null })
  expect(render(chat)).toMatchObject({ error_description: detail.text })
})
