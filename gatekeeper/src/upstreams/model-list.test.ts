import { describe, expect, test } from 'vitest'
import { createModelList } from './model-list.ts'

const listOf = (...ids: unknown[]) => JSON.stringify({ data: ids.map((id) => ({ id })) })

/** A list whose upstream and clock are turned by hand. */
function createWorld() {
  const world = { now: 1_000, text: listOf('a', 'b') as string | Error, asked: [] as object[] }
  const list = createModelList({
    upstream: { origin: 'http://127.0.0.1:4000', key: 'sk-upstream' },
    clock: () => world.now,
    fetchDocument: (url, { fields }) => {
      world.asked.push({ url, ...fields })
      const { text } = world
      return text instanceof Error ? Promise.reject(text) : Promise.resolve(text)
    },
  })
  return { world, list }
}

describe('the list of models', () => {
  test('is asked for with our own key, once for all who wait, and remembered for a while', async () => {
    const { world, list } = createWorld()
    expect(await Promise.all([list(), list()])).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
    const url = 'http://127.0.0.1:4000/v1/models'
    expect(world.asked).toEqual([{ url, authorization: 'Bearer sk-upstream' }])
    world.now += 14_999
    await list()
    expect(world.asked).toHaveLength(1)
    world.now += 1
    world.text = listOf('c')
    expect(await list()).toEqual(['c'])
  })

  test('is none where it cannot be had: an old one does not count', async () => {
    const { world, list } = createWorld()
    await list()
    world.now += 15_000
    world.text = new Error('down')
    expect(await list()).toBeNull()
    world.text = listOf('a')
    expect(await list()).toBeNull()
    world.now += 1_000
    expect(await list()).toEqual(['a'])
    expect(world.asked).toHaveLength(3)
  })

  test.each(['', 'null', '[]', '{"data":{}}', '{"data":"a"}', '<html>', '{"data":[]}'])(
    'that is %j is none',
    async (text) => {
      const { world, list } = createWorld()
      world.text = text
      expect(await list()).toBeNull()
    },
  )

  test('has names only', async () => {
    const { world, list } = createWorld()
    world.text = '{"data":[{"id":"a"},{"id":7},null,{},"b"]}'
    expect(await list()).toEqual(['a'])
  })
})
