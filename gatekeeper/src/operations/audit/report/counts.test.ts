import { expect, it } from 'vitest'
import { Counts } from './counts.ts'

it('names beyond the maximum are counted together', () => {
  const counts = new Counts()
  for (let at = 0; at < 100_010; at++) counts.add(`name${at}`)
  expect(counts.largest(1)).toEqual([{ name: '(others)', count: 10 }])
})

it('names of inherited object members are counted like others', () => {
  const counts = new Counts()
  for (const name of ['__proto__', 'constructor', '__proto__']) counts.add(name)
  expect(counts.largest()).toEqual([
    { name: '__proto__', count: 2 },
    { name: 'constructor', count: 1 },
  ])
})
