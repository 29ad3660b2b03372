import { describe, expect, test } from 'vitest'
import { aService, type KindName } from '../../test/support/questions.ts'
import type { Upstream } from '../model/service.ts'
import { createRefusalCause } from './refusal-cause.ts'

const upstream = { origin: 'http://127.0.0.1:4000', key: 'sk-upstream' }

/** A service whose list of models fails with this code; null is a list that is available. */
function createFixture(code: string | null, kind: KindName = 'openai', at: Upstream = upstream) {
  const fixture = { now: 1_000, code, asked: [] as object[] }
  const causeOf = createRefusalCause(aService({ kind, upstream: at }), {
    clock: () => fixture.now,
    keyOf: () => at.key,
    fetchDocument: (url, { fields } = {}) => {
      fixture.asked.push({ url, ...fields })
      if (fixture.code === null) return Promise.resolve('{"data":[]}')
      return Promise.reject(Object.assign(new Error('no list'), { code: fixture.code }))
    },
  })
  return { fixture, causeOf }
}

describe('a refusal of an upstream is about', () => {
  test.each(['HTTP_401', 'HTTP_403', 'HTTP_407'])('us if it refuses its list: %s', async (code) => {
    expect(await createFixture(code).causeOf(401)).toBe('upstream-rejected-us')
    expect(await createFixture(code).causeOf(403)).toBe('upstream-rejected-us')
  })

  test.each([null, 'HTTP_500', 'HTTP_404', 'ECONNREFUSED', 'TIMEOUT'])(
    'its provider if it does not refuse the list: %s',
    async (code) => {
      expect(await createFixture(code).causeOf(401)).toBe('upstream-provider-refused')
      expect(await createFixture(code).causeOf(403)).toBe('upstream-provider-refused')
    },
  )

  test('us, from a server with a list open to everybody and without a provider', async () => {
    for (const kind of ['llamacpp', 'tts', 'http'] as const) {
      const { fixture, causeOf } = createFixture(null, kind)
      expect(await causeOf(401)).toBe('upstream-rejected-us')
      expect(await causeOf(403)).toBe('upstream-provider-refused')
      expect(fixture.asked).toEqual([])
    }
  })
})

test('the list is fetched with our own key, once for all waiting requests, and again when it is old', async () => {
  const { fixture, causeOf } = createFixture('HTTP_401')
  await Promise.all(Array.from({ length: 100 }, () => causeOf(401)))
  const url = 'http://127.0.0.1:4000/v1/models'
  expect(fixture.asked).toEqual([{ url, authorization: 'Bearer sk-upstream' }])
  fixture.now += 14_999
  fixture.code = null
  expect(await causeOf(401)).toBe('upstream-rejected-us')
  fixture.now += 1
  expect(await causeOf(401)).toBe('upstream-provider-refused')
  expect(fixture.asked).toHaveLength(2)
})

test('the list is fetched below the path in the address of the upstream', async () => {
  const { fixture, causeOf } = createFixture('HTTP_401', 'openai', {
    ...upstream,
    basePath: '/base',
  })
  await causeOf(401)
  expect(fixture.asked).toMatchObject([{ url: 'http://127.0.0.1:4000/base/v1/models' }])
})
