import { expect, it } from 'vitest'
import { bar } from './bars.ts'
import { Counts } from './counts.ts'

it('names beyond the most that are kept are counted together', () => {
  const counts = new Counts()
  for (let at = 0; at < 100_010; at++) counts.add(`name${at}`)
  expect(counts.largest(1)).toEqual([{ name: '(others)', count: 10 }])
})

it('names that every object has are names like others', () => {
  const counts = new Counts()
  for (const name of ['__proto__', 'constructor', '__proto__']) counts.add(name)
  expect(counts.largest()).toEqual([
    { name: '__proto__', count: 2 },
    { name: 'constructor', count: 1 },
  ])
})

it.each([
  [0, 10, 0],
  [1, 1000, 1],
  [500, 1000, 12],
  [1000, 1000, 24],
  [0, 0, 0],
])('the bar of %d of %d has %d characters', (value, most, length) => {
  expect(bar(value, most)).toHaveLength(length)
})
