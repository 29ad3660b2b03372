import Anthropic from '@anthropic-ai/sdk'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { anEndpoint, aRoute, aService, sampleKey, someFacts } from '../../test/support/questions.ts'
import { findEndpoint } from '../kinds/find-endpoint.ts'
import type { RequestFacts } from '../model/facts.ts'
import type { Standing } from '../model/limit.ts'
import { type Reason, reasonRow, reasons } from '../model/reason.ts'
import type { Answer } from './answer.ts'
import { renderReason } from './error-response.ts'

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

/** The error that the client throws. */
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

  test('is a JSON answer that must not be cached', () => {
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
      // The name of the reason is for the log: `expired-key` would reveal that the key existed.
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
    // ollama-js prints `[object Object]` for anything but a string.
    expect(typeof body.error).toBe(dialect === 'ollama' ? 'string' : 'object')
  })

  test('openai is one complete form for two libraries', () => {
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

  test('ollama is a string and nothing else', () => {
    expect(bodyOf(renderReason('no-credential', { facts: native, requestId: 'r-1' }))).toEqual({
      error: 'An API key is required. Send Authorization: Bearer KEY.',
    })
  })

  test('on Anthropic’s paths the type is Anthropic’s, on others OpenAI’s', () => {
    const typeOf = (reason: Reason, pattern: string) => {
      const facts = someFacts({ endpoint: findEndpoint(aService(), 'POST', pattern) })
      return bodyOf(renderReason(reason, { facts, requestId: 'r' })).error.type
    }
    const [messages, chat] = ['/v1/messages', '/v1/chat/completions']
    expect(typeOf('model-not-found', messages)).toBe('not_found_error')
    expect(typeOf('model-not-found', `${messages}/count_tokens`)).toBe('not_found_error')
    expect(typeOf('model-not-found', chat)).toBe('invalid_request_error')
    expect(typeOf('quota-exceeded', messages)).toBe('rate_limit_error')
    expect(typeOf('quota-exceeded', chat)).toBe('insufficient_quota')
  })

  describe('gemini', () => {
    const google = someFacts({ endpoint: anEndpoint({ dialect: 'gemini' }) })
    const limit: Standing = {
      ...{ scope: 'key', subject: 'key:a', text: '3/day', unit: 'requests', amount: 3, used: 3 },
      ...{ remaining: 0, resetAt: 1, periodSeconds: 86_400 },
    }
    const render = (reason: Reason, retryAfterMs: number | null) =>
      bodyOf(
        renderReason(reason, {
          ...{ facts: google, requestId: 'r-1', refusal: { reason, limit, retryAfterMs } },
        }),
      ).error
    const detailsOf = (error: { details: { '@type': string }[] }, name: string) =>
      error.details.filter((detail) => detail['@type'].endsWith(`.${name}`))

    test('has the number and the name of the status', () => {
      const { code, status, message } = bodyOf(
        renderReason('unknown-key', { facts: google, requestId: 'r' }),
      ).error
      expect([code, status, typeof message]).toEqual([401, 'UNAUTHENTICATED', 'string'])
      for (const reason of all) {
        const { error } = bodyOf(renderReason(reason, { facts: google, requestId: 'r' }))
        expect(error.code).toBe(reasonRow(reason).status)
        expect(error.status).toMatch(/^[A-Z_]+$/)
      }
    })

    test('a short wait is stated, so that the client waits for it', () => {
      const error = render('rate-limited', 12_000)
      expect(error).toMatchObject({ code: 429, status: 'RESOURCE_EXHAUSTED' })
      expect(detailsOf(error, 'RetryInfo')).toMatchObject([{ retryDelay: '12s' }])
      const [failure] = detailsOf(error, 'QuotaFailure')
      expect(failure).toMatchObject({ violations: [{ quotaId: '3/day', quotaValue: '3' }] })
    })

    test('a final refusal states a wait that makes the client stop, or a day', () => {
      // Google's command line stops at more than five minutes, or at `PerDay`.
      const long = render('quota-exceeded', 40_000_000)
      expect(detailsOf(long, 'RetryInfo')).toMatchObject([{ retryDelay: '40000s' }])
      for (const waitMs of [5_000, null]) {
        const error = render('quota-exceeded', waitMs)
        expect(detailsOf(error, 'RetryInfo')).toEqual([])
        const [failure] = detailsOf(error, 'QuotaFailure')
        expect(failure).toMatchObject({ violations: [{ quotaId: '3/day PerDay' }] })
      }
    })

    test('is also the form for paths below Gemini’s prefix that LiteLLM does not have', () => {
      const service = aService({ kind: 'openai' })
      const error = (path: string) =>
        bodyOf(
          renderReason('unlisted-endpoint', { facts: unlisted(path, service), requestId: 'r' }),
        )
      expect(error('/v1beta/models').error).toMatchObject({ code: 404, status: 'NOT_FOUND' })
      expect(error('/v1betamodels').error.code).toBe('not_found')
    })
  })

  test('oauth and widget have forms of their own', () => {
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
      ...{ error: 'NotFound', statusCode: 404 },
      message: 'There is no such endpoint here.',
    })
  })
})

describe('bridge', () => {
  const facts = someFacts({ endpoint: anEndpoint({ dialect: 'bridge' }) })
  const render = (reason: Reason, about: Partial<Parameters<typeof renderReason>[1]> = {}) =>
    renderReason(reason, { facts, requestId: 'r', ...about })

  test.each([
    ['body-malformed', 400, 'Validation Error'],
    ['no-credential', 401, 'Authentication required'],
    ['token-expired', 401, 'Invalid token'],
    ['unknown-key', 401, 'Invalid token'],
    ['token-revoked', 401, 'Token Revoked'],
    ['class-not-granted', 403, 'Forbidden'],
    ['unlisted-endpoint', 404, 'Not Found'],
    ['body-too-large', 413, 'Payload Too Large'],
    ['rate-limited', 429, 'Too Many Requests'],
    ['quota-exceeded', 429, 'Quota Exceeded'],
    ['upstream-failed', 502, 'Upstream Error'],
    ['upstream-unreachable', 503, 'Service Not Available'],
    ['upstream-timeout', 504, 'Upstream Timeout'],
  ] as const)('%s is %i %s', (reason, status, error) => {
    const answer = render(reason)
    expect(answer.status).toBe(status)
    expect(bodyOf(answer)).toEqual({ error, message: expect.any(String) })
  })

  test('every reason has one of the texts that programs know', () => {
    const known = `Validation Error|Invalid API|Invalid endpoint|Authentication required|Invalid token|Token Revoked|Forbidden|
      Not Found|Payload Too Large|Too Many Requests|Quota Exceeded|Upstream Error|
      Service Not Available|Upstream Timeout|Invalid split key`
    const words = known.split('|').map((word) => word.trim())
    for (const reason of all) expect(words).toContain(bodyOf(render(reason)).error)
  })

  test('every 401 has WWW-Authenticate: Bearer, every 429 and 503 Retry-After, none is cached', () => {
    const page = someFacts({ endpoint: anEndpoint({ dialect: 'bridge' }), isNavigation: true })
    for (const reason of all) {
      // A limit for which no wait helps.
      const refusal = { reason, limit: null, retryAfterMs: null }
      for (const about of [
        {},
        { refusal },
        { facts: page, resourceMetadata: 'https://x.example' },
      ]) {
        const { status, fields } = render(reason, about)
        expect(fields['cache-control']).toBe('no-store')
        expect(fields['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined)
        expect(/^[1-9]/.test(fields['retry-after'] ?? '')).toBe(
          status === 429 || status === 503 || status === 504,
        )
      }
    }
  })

  test('a lifetime limit that is used up has Retry-After too', () => {
    const limit: Standing = {
      ...{ scope: 'key', subject: 'key:a', text: '3/total', unit: 'requests', amount: 3, used: 3 },
      ...{ remaining: 0, resetAt: null, periodSeconds: null },
    }
    const refusal = { reason: 'quota-exceeded', limit, retryAfterMs: null } as const
    expect(render('quota-exceeded', { refusal }).fields).toMatchObject({
      'retry-after': '59',
      'x-should-retry': 'false',
    })
  })

  test('the detail of a denial gives the text and further members', () => {
    const members = { required: ['userId', 'appId'] }
    const detail = { text: 'appId is missing.', param: 'appId', members }
    expect(bodyOf(render('body-malformed', { detail }))).toEqual({
      ...{ error: 'Validation Error', message: 'appId is missing.' },
      required: ['userId', 'appId'],
    })
  })
})

describe('fields', () => {
  test('401 challenges with Bearer, never with Basic, which would open a password dialog', () => {
    for (const reason of all.filter((one) => reasonRow(one).status === 401)) {
      expect(
        renderReason(reason, { facts: native, requestId: 'r' }).fields['www-authenticate'],
      ).toBe('Bearer realm="gatekeeper"')
    }
  })

  test('only a page that a person opens, on a route with that setting, gets a password dialog', () => {
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

  test('403 says that a retry is useless, and temporary refusals say when to retry', () => {
    for (const reason of all) {
      const { status, retryAfterSeconds, isFinal } = reasonRow(reason)
      const { fields } = renderReason(reason, { facts: native, requestId: 'r' })
      const isLast = isFinal === true || status === 401
      expect(fields['x-should-retry']).toBe(isLast ? 'false' : undefined)
      expect(fields['retry-after']).toBe(retryAfterSeconds?.toString())
      expect('www-authenticate' in fields).toBe(status === 401)
    }
  })

  test('a bad key must not be retried; a bad token may be, since programs fetch a new one', () => {
    const fieldsFor = (facts: RequestFacts | null, reason: Reason = 'unknown-key') =>
      renderReason(reason, { facts, requestId: 'r' }).fields
    expect(fieldsFor(native)['x-should-retry']).toBe('false')
    expect(fieldsFor(null, 'no-credential')['x-should-retry']).toBe('false')
    const token = someFacts({ carriesToken: true })
    for (const reason of ['token-expired', 'token-revoked', 'unknown-issuer'] as const) {
      expect(fieldsFor(token, reason)).not.toHaveProperty('x-should-retry')
    }
    // Only a 401 depends on the form of the credential.
    expect(fieldsFor(token, 'class-not-granted')['x-should-retry']).toBe('false')
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

test('a detail replaces the usual text in every dialect, with the member that it names', () => {
  const detail = { text: 'num_ctx is 9000; this key may use up to 8000.', param: 'num_ctx' }
  const render = (facts: RequestFacts) =>
    bodyOf(renderReason('context-too-large', { facts, requestId: 'r', detail }))
  expect(render(native)).toEqual({ error: detail.text })
  expect(render(compatible).error).toMatchObject({ message: detail.text, param: 'num_ctx' })
  const chat = someFacts({ service: aService({ kind: 'chat' }), endpoint: null })
  expect(render(chat)).toMatchObject({ error_description: detail.text })
})
