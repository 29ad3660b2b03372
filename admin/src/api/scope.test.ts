import { describe, expect, test } from 'vitest'
import { nobody } from './authenticate.ts'
import type { Caller } from './caller.ts'
import { isInScope, isOwnUse, mayChange, scopeOf, teamOfNew } from './scope.ts'

const person = { id: 'member0001', name: 'mia' } as Caller['person']
const callerOf = (role: Caller['role'], team: string | null = null): Caller => {
  return { id: 'person:member0001', name: 'mia', role, team, person, session: null }
}

test.each([
  ['owner', true, true],
  ['admin', true, true],
  ['auditor', true, false],
  ['member', false, false],
] as const)('%s of no team: sees all %s, changes all %s', (role, seesAll, changesAll) => {
  expect(scopeOf(callerOf(role))).toEqual({
    ...{ seesAll, changesAll, team: null, changesTeam: false },
    ...{ personId: 'member0001', userName: 'mia', ownTeam: null },
  })
})

test('whoever is not signed in sees nothing and owns nothing', () => {
  expect(scopeOf(nobody)).toEqual({
    ...{ seesAll: false, changesAll: false, team: null, changesTeam: false },
    ...{ personId: null, userName: null, ownTeam: null },
  })
  expect(isInScope(scopeOf(nobody), { madeBy: null, team: null })).toBe(false)
})

describe('within a team', () => {
  const [own, foreign, unnamed] = [{ team: 'red' }, { team: 'blue' }, {}]
  const mine = { team: 'blue', madeBy: 'member0001' }
  const judge = (role: Caller['role']) => {
    const scope = scopeOf(callerOf(role, 'red'))
    return [own, foreign, unnamed, mine].map((thing) => [
      isInScope(scope, thing),
      mayChange(scope, thing),
    ])
  }
  const [none, both] = [
    [false, false],
    [true, true],
  ]

  test('an admin sees and changes what is of the team, and nothing else, even what they made', () => {
    expect(judge('admin')).toEqual([both, none, none, none])
  })

  test('an auditor sees it and changes nothing', () => {
    expect(judge('auditor')).toEqual([[true, false], none, none, none])
  })

  test('a member sees what they made, and nothing of others', () => {
    expect(judge('member')).toEqual([none, none, none, both])
  })

  test('a name is the own one in the own team alone', () => {
    const [within, without] = [scopeOf(callerOf('member', 'red')), scopeOf(callerOf('member'))]
    const uses = [own, foreign, unnamed].map((thing) => ({ ...thing, user: 'mia' }))
    expect(uses.map((use) => isOwnUse(within, use))).toEqual([true, false, false])
    expect(uses.map((use) => isOwnUse(without, use))).toEqual([true, true, true])
    expect(isOwnUse(without, { user: 'max' })).toBe(false)
  })

  test('everything new is of the team', () => {
    const caller = callerOf('admin', 'red')
    const teamOf = (wanted: string | null | undefined) => teamOfNew(caller, scopeOf(caller), wanted)
    expect([undefined, 'red', 'blue', null].map(teamOf)).toEqual([
      ...['red', 'red'],
      ...[undefined, undefined],
    ])
  })
})

test('an admin of no team chooses the team of something new, and a member does not', () => {
  const teamOf = (caller: Caller) => teamOfNew(caller, scopeOf(caller), 'red')
  expect(teamOf(callerOf('admin'))).toBe('red')
  expect(teamOf(callerOf('member'))).toBeUndefined()
})
