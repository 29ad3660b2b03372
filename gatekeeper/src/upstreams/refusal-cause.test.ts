import { describe, expect, test } from 'vitest'
import { aService, type KindName } from '../../test/support/questions.ts'
import type { Upstream } from '../model/service.ts'
import { createRefusalCause } from './refusal-cause.ts'

const upstream = { origin: 'http://127.0.0.1:4000', key: 'sk-upstream' }

/** A service whose list of models fails with this code; null is a list that is there. */
function createWorld(code: string | null, kind: KindName = 'openai', at: Upstream = upstream) {
  const world = { now: 1_000, code, asked: [] as object[] }
  const causeOf = createRefusalCause(aService({ kind, upstream: at }), {
    clock: () => world.now,
    fetchDocument: (url, { fields } = {}) => {
      world.asked.push({ url, ...fields })
      if (world.code === null) return Promise.resolve('{"data":[]}')
      return Promise.reject(Object.assign(new Error('no list'), { code: world.code }))
    },
  })
  return { world, causeOf }
}

describe('a refusal of an upstream is about', () => {
  test.each(['HTTP_401', 'HTTP_403', 'HTTP_407'])(
    'us where its list is refused: %s',
    async (code) => {
      expect(await createWorld(code).causeOf(401)).toBe('upstream-rejected-us')
      expect(await createWorld(code).causeOf(403)).toBe('upstream-rejected-us')
    },
  )

  test.each([null, 'HTTP_500', 'HTTP_404', 'ECONNREFUSED', 'TIMEOUT'])(
    'its provider where the list is not refused: %s',
    async (code) => {
      expect(await createWorld(code).causeOf(401)).toBe('upstream-provider-refused')
      expect(await createWorld(code).causeOf(403)).toBe('upstream-provider-refused')
    },
  )

  test('us, of a server whose list is open to everybody and that has no provider', async () => {
    for (const kind of ['llamacpp', 'tts', 'http'] as const) {
      const { world, causeOf } = createWorld(null, kind)
      expect(await causeOf(401)).toBe('upstream-rejected-us')
      expect(await causeOf(403)).toBe('upstream-provider-refused')
      expect(world.asked).toEqual([])
    }
  })
})

test('the list is asked for with our own key, once for all who wait, and again when it is old', async () => {
  const { world, causeOf } = createWorld('HTTP_401')
  await Promise.all(Array.from({ length: 100 }, () => causeOf(401)))
  const url = 'http://127.0.0.1:4000/v1/models'
  expect(world.asked).toEqual([{ url, authorization: 'Bearer sk-upstream' }])
  world.now += 14_999
  world.code = null
  expect(await causeOf(401)).toBe('upstream-rejected-us')
  world.now += 1
  expect(await causeOf(401)).toBe('upstream-provider-refused')
  expect(world.asked).toHaveLength(2)
})

test('is found out below the path that the address of the upstream has', async () => {
  const { world, causeOf } = createWorld('HTTP_401', 'openai', { ...upstream, basePath: '/base' })
  await causeOf(401)
  expect(world.asked).toMatchObject([{ url: 'http://127.0.0.1:4000/base/v1/models' }])
})
