import { describe, expect, test } from 'vitest'
import { createModelList } from './model-list.ts'

const listOf = (...ids: unknown[]) => JSON.stringify({ data: ids.map((id) => ({ id })) })

/** A list whose upstream and clock the test controls. */
function createFixture() {
  const fixture = { now: 1_000, text: listOf('a', 'b') as string | Error, asked: [] as object[] }
  const list = createModelList({
    upstream: { origin: 'http://127.0.0.1:4000', key: 'sk-upstream' },
    clock: () => fixture.now,
    fetchDocument: (url, { fields }) => {
      fixture.asked.push({ url, ...fields })
      const { text } = fixture
      return text instanceof Error ? Promise.reject(text) : Promise.resolve(text)
    },
  })
  return { fixture, list }
}

describe('the list of models', () => {
  test('is fetched with our own key, once for all waiting requests, and cached for a while', async () => {
    const { fixture, list } = createFixture()
    expect(await Promise.all([list(), list()])).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
    const url = 'http://127.0.0.1:4000/v1/models'
    expect(fixture.asked).toEqual([{ url, authorization: 'Bearer sk-upstream' }])
    fixture.now += 14_999
    await list()
    expect(fixture.asked).toHaveLength(1)
    fixture.now += 1
    fixture.text = listOf('c')
    expect(await list()).toEqual(['c'])
  })

  test('is missing when it cannot be fetched: an old one does not count', async () => {
    const { fixture, list } = createFixture()
    await list()
    fixture.now += 15_000
    fixture.text = new Error('down')
    expect(await list()).toBeNull()
    fixture.text = listOf('a')
    expect(await list()).toBeNull()
    fixture.now += 1_000
    expect(await list()).toEqual(['a'])
    expect(fixture.asked).toHaveLength(3)
  })

  test.each(['', 'null', '[]', '{"data":{}}', '{"data":"a"}', '<html>', '{"data":[]}'])(
    'that is %j is rejected',
    async (text) => {
      const { fixture, list } = createFixture()
      fixture.text = text
      expect(await list()).toBeNull()
    },
  )

  test('contains names only', async () => {
    const { fixture, list } = createFixture()
    fixture.text = '{"data":[{"id":"a"},{"id":7},null,{},"b"]}'
    expect(await list()).toEqual(['a'])
  })
})
