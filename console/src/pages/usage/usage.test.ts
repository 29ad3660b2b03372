import { describe, expect, it } from 'vitest'
import {
  type Group,
  nameOf,
  readAsked,
  sayChange,
  sinceOf,
  sortGroups,
  usagePath,
} from './usage.ts'

const group = (name: string, members: Partial<Group> = {}): Group => ({
  ...{ name, user: null, requests: 1, failed: 0, tokensIn: 1, tokensOut: 1, microUsd: '1' },
  ...{ averageMs: 1, mostly: null, ...members },
})
const now = Date.parse('2026-11-30T12:00:00Z')

describe('what the page asks for', () => {
  it('is in the address, and anything else there is the usual', () => {
    expect(readAsked(new URLSearchParams('range=7d&by=model&figure=tokens'))).toEqual({
      ...{ range: '7d', by: 'model', figure: 'tokens' },
    })
    expect(readAsked(new URLSearchParams('range=1y&by=password'))).toEqual({
      ...{ range: '30d', by: 'user', figure: 'money' },
    })
  })

  it('has as many days as it says, with the one that began today', () => {
    expect(sinceOf('30d', now)).toBe('2026-11-01T12:00:00.000Z')
    expect(sinceOf('24h', now)).toBe('2026-11-29T12:00:00.000Z')
    const path = usagePath({ range: '7d', by: 'key', figure: 'money' }, now)
    expect(path).toBe('/usage?since=2026-11-23T12%3A00%3A00.000Z&by=key&bucket=hour')
  })
})

it('a figure is compared with the period before', () => {
  const say = (one: number, other: number) =>
    sayChange(one, other, '7 days').replaceAll('\u00a0', ' ')
  expect(say(112, 100)).toBe('12 % more than in the 7 days before')
  expect(say(50, 100)).toBe('50 % less than in the 7 days before')
  expect(say(100, 100)).toBe('as in the 7 days before')
  expect(say(5, 0)).toBe('nothing in the 7 days before')
  expect(say(5000, 1)).toBe('5,000 times the 7 days before')
})

it('groups are sorted by any column, in both orders', () => {
  const groups = [
    group('b', { microUsd: '10', requests: 1 }),
    group('a', { microUsd: '9', requests: 3 }),
    group('c', { microUsd: '100', requests: 2 }),
  ]
  const names = (sort: string) => sortGroups(groups, sort).map(({ name }) => name)
  expect(names('-money')).toEqual(['c', 'b', 'a'])
  expect(names('requests')).toEqual(['b', 'c', 'a'])
  expect(names('name')).toEqual(['a', 'b', 'c'])
  expect(names('unknown')).toEqual(['b', 'a', 'c'])
})

it('a key is shown by the beginning of its id', () => {
  expect(nameOf('key:abcde01234', 'key')).toBe('gk_abcd…')
  expect(nameOf('client:n8n', 'key')).toBe('client:n8n')
  expect(nameOf(null, 'model')).toBe('no model')
})
