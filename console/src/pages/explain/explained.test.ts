import { expect, test } from 'vitest'
import { type Explained, placeText, stepsOf } from './explained.ts'

const place = { file: 'keys/keys.json', line: 41, member: 'keys.abc.models' }
const check = { title: 't', reason: null, why: null, principal: null, place: null } as const
const limit = { scope: 'key', text: '2/day', unit: 'requests', limit: 2, used: 2, remaining: 0 }
const explained: Explained = {
  ...{ verdict: 'refused', status: 429, reason: 'quota-exceeded', text: 'no', limit: 'key 2/day' },
  ...{ request: { service: 'ollama', route: '/ollama' }, caller: null, places: [], command: '' },
  checks: [
    { ...check, name: 'a', needs: 'head', result: 'pass' },
    { ...check, name: 'b', needs: 'body', result: 'skip' },
  ],
  limits: [
    { ...limit, isRefusing: true, place },
    {
      ...limit,
      unit: 'micro-usd',
      text: '5usd/day',
      limit: 5e6,
      used: 0,
      remaining: 5e6,
      isRefusing: false,
      place,
    },
  ],
}

test('limits are charged after the checks on the head, and before those on the body', () => {
  expect(stepsOf(explained).map(({ title, result, why }) => [title, result, why])).toEqual([
    ['t', 'pass', null],
    ['Limit of the key: 2/day', 'deny', '2 of 2 used, 0 left'],
    ['Limit of the key: 5usd/day', 'pass', '$\u00a00.00 of $\u00a05.00 used, $\u00a05.00 left'],
    ['t', 'skip', 'not reached'],
  ])
})

test('a place is a file with its line, or what to look for', () => {
  expect(placeText(place)).toBe('keys/keys.json:41')
  expect(placeText({ ...place, line: null })).toBe('keys/keys.json keys.abc.models')
})
