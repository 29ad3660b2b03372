import { expect, test } from 'vitest'
import { nobody } from './authenticate.ts'
import type { Caller } from './caller.ts'
import { scopeOf } from './scope.ts'

const person = { id: 'member0001', name: 'mia' } as Caller['person']

test.each([
  ['owner', true, true],
  ['admin', true, true],
  ['auditor', true, false],
  ['member', false, false],
] as const)('%s: sees all %s, changes all %s', (role, seesAll, changesAll) => {
  const caller = { id: 'person:member0001', name: 'mia', role, person, session: null }
  expect(scopeOf(caller)).toEqual({
    ...{ seesAll, changesAll, personId: 'member0001', userName: 'mia' },
  })
})

test('whoever is not signed in sees nothing and owns nothing', () => {
  expect(scopeOf(nobody)).toEqual({
    ...{ seesAll: false, changesAll: false, personId: null, userName: null },
  })
})
