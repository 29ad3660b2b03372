import { expect, test } from 'vitest'
import { seriesOf, stack, topSeries } from './series.ts'

const series = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, index) => ({ name, values: [index, 1] }))

test('at most four series are shown, and no number is lost', () => {
  const top = topSeries(series)
  expect(top.map(({ name }) => name)).toEqual(['f', 'e', 'd', 'others'])
  expect(top.at(-1)?.values).toEqual([3, 3])
})

test('series stand on each other', () => {
  expect(
    stack([
      { name: 'a', values: [1, 2] },
      { name: 'b', values: [3, 0] },
    ]),
  ).toEqual([
    [1, 2],
    [4, 2],
  ])
})

test('a group that is missing in a bucket is zero there', () => {
  const buckets = [
    { at: '2026-11-30T10:00:00Z', groups: { ollama: { requests: 2 } } },
    { at: '2026-11-30T10:15:00Z', groups: { tts: { requests: 1 } } },
  ]
  expect(seriesOf(buckets, ({ requests }) => requests).series).toEqual([
    { name: 'ollama', values: [2, 0] },
    { name: 'tts', values: [0, 1] },
  ])
})
