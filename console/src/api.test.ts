import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { call, callTagged, get, whenSignedOut, withQuery } from './api.ts'
import type { ApiFailure } from './api-failure.ts'
import { messageAt } from './api-failure.ts'
import { setProveFor } from './proof.ts'
import { keepSecondHalf, secondHalf } from './second-half.ts'

type Asked = { readonly url: string; readonly init: RequestInit; readonly headers: Headers }

const half = 'h'.repeat(43)
let asked: Asked[] = []

/** Answers calls in turn, the last one for ever. */
function answerWith(...answers: readonly (() => Response)[]): void {
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    asked.push({ url, init, headers: init.headers as Headers })
    const answer = answers[Math.min(asked.length, answers.length) - 1]
    if (answer === undefined) throw new TypeError('fetch failed')
    return answer()
  })
}

const json =
  (body: unknown, status = 200, headers = {}) =>
  () =>
    new Response(JSON.stringify(body), { status, headers })

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error as ApiFailure,
  )

beforeEach(() => {
  asked = []
  keepSecondHalf(half)
})
afterEach(() => {
  vi.unstubAllGlobals()
  setProveFor(async () => null)
  whenSignedOut(() => {})
})

test('the second half goes in a field to our own origin, and in no address', async () => {
  answerWith(json({ items: [] }))
  await get(withQuery('/keys', { q: 'a&b', state: '', limit: 5, user: null }))
  expect(asked[0]?.url).toBe('/admin/v1/keys?q=a%26b&limit=5')
  expect(asked[0]?.headers.get('x-gatekeeper-session')).toBe(half)
  expect(asked[0]?.init).toMatchObject({ credentials: 'same-origin', redirect: 'error' })
})

test('a change names the content that it was made from', async () => {
  answerWith(json({ id: 'a' }, 200, { etag: '"v1"' }))
  expect(await callTagged('GET', '/keys/a')).toEqual({ value: { id: 'a' }, etag: 'v1' })
  await call('PATCH', '/keys/a', { body: { role: 'admin' }, ifMatch: 'v1' })
  await call('PUT', '/keys/b', { body: {}, isCreation: true })
  expect(asked[1]?.headers.get('if-match')).toBe('"v1"')
  expect(asked[2]?.headers.get('if-none-match')).toBe('*')
})

describe('an act that needs a proof', () => {
  const wanted = json({ reason: 'step_up_required', detail: 'Prove it.', act: 'person.role' }, 403)

  test('is repeated once, with the proof that the person made', async () => {
    answerWith(wanted, json({ done: true }))
    const proveFor = vi.fn(async () => 'proof-1')
    setProveFor(proveFor)
    expect(await call('PATCH', '/people/p1', { body: {}, target: 'p1' })).toEqual({ done: true })
    expect(proveFor).toHaveBeenCalledExactlyOnceWith('person.role', 'p1')
    expect(asked.map(({ headers }) => headers.get('x-gatekeeper-step-up'))).toEqual([
      null,
      'proof-1',
    ])
  })

  test('is not repeated for ever where the proof is refused', async () => {
    answerWith(wanted)
    setProveFor(async () => 'proof-1')
    const failure = await failureOf(call('DELETE', '/passkeys/a'))
    expect([failure?.reason, asked.length]).toEqual(['step_up_required', 2])
  })

  test('is not repeated where the person gave up', async () => {
    answerWith(wanted)
    const failure = await failureOf(call('DELETE', '/passkeys/a'))
    expect([failure?.act, asked.length]).toEqual(['person.role', 1])
  })
})

describe('a failure', () => {
  test('without a session forgets the second half and says so', async () => {
    answerWith(json({ reason: 'no_session', detail: 'Sign in.' }, 401))
    const signedOut = vi.fn()
    whenSignedOut(signedOut)
    expect((await failureOf(get('/keys')))?.status).toBe(401)
    expect(signedOut).toHaveBeenCalledTimes(1)
    expect(secondHalf()).toBeNull()
  })

  test('without an answer is told apart from a refusal', async () => {
    answerWith()
    expect((await failureOf(get('/keys')))?.reason).toBe('offline')
  })

  test('of a proxy, which is no problem document, still has its status', async () => {
    answerWith(() => new Response('<h1>Bad gateway</h1>', { status: 502 }))
    const failure = await failureOf(get('/keys'))
    expect([failure?.status, failure?.reason]).toEqual([502, 'unreadable'])
  })

  test('is shown at the field that it is about', async () => {
    const problems = [
      { path: 'limits[0].text', message: 'is not a limit' },
      { path: 'user', message: 'is missing' },
      { path: 7, message: 'no path' },
    ]
    answerWith(json({ reason: 'invalid', detail: 'No.', problems }, 400))
    const failure = await failureOf(call('PUT', '/keys/a', { body: {} }))
    expect(messageAt(failure, 'limits')).toBe('is not a limit')
    expect(messageAt(failure, 'user')).toBe('is missing')
    expect(messageAt(failure, 'use')).toBeNull()
    expect(failure?.problems).toHaveLength(2)
  })
})
