import { expect, test } from 'vitest'
import type { LoginRule } from '../../../../gatekeeper/src/model/console-settings.ts'
import { applyRules } from './claim-rules.ts'

const access = { role: 'readwrite', services: ['ollama'], models: [], limits: [] } as const
const rules: readonly LoginRule[] = [
  { when: { groups: ['admins'], department: ['it'] }, role: 'admin', access: null },
  { when: { groups: ['staff', 'guests'] }, role: 'member', access },
  { when: { email: ['boss@example.com'] }, role: 'auditor', access: null },
]
const name = { preferred_username: 'ada' }
const roleOf = (claims: object) => applyRules({ rules }, { ...name, ...claims })?.role ?? null

test.each([
  ['a value of a list', { groups: ['x', 'staff'] }, 'member'],
  ['one text', { groups: 'guests' }, 'member'],
  ['all claims of the first rule', { groups: ['admins', 'staff'], department: 'it' }, 'admin'],
  ['one claim of two', { groups: ['admins'] }, null],
  ['another spelling', { groups: ['Staff'] }, null],
  ['a part of a value', { groups: 'staffers' }, null],
  ['an object', { groups: { staff: true } }, null],
  ['nothing', {}, null],
  ['a verified address', { email: 'boss@example.com', email_verified: true }, 'auditor'],
  ['an address that nobody verified', { email: 'boss@example.com' }, null],
  ['one that says it as a text', { email: 'boss@example.com', email_verified: 'true' }, null],
])('an account with %s', (_, claims, role) => {
  expect(roleOf(claims)).toBe(role)
})

test('a rule never reads what is no claim of the account', () => {
  const strange = [{ when: { constructor: ['x'] }, role: 'admin', access: null }] as const
  expect(applyRules({ rules: strange }, { ...name })).toBe(null)
})

test('an account without a name that a person can have makes nobody', () => {
  const groups = { groups: 'staff' }
  for (const bad of [undefined, '', ' ada', 'app:ada', 'a\nb', { toString: () => 'ada' }]) {
    expect(applyRules({ rules }, { ...groups, preferred_username: bad })).toBe(null)
  }
  const named = applyRules({ rules, nameClaim: 'nickname' }, { ...groups, nickname: 'lovelace' })
  expect(named).toEqual({ name: 'lovelace', role: 'member', access })
})

test('without rules nobody is made', () => {
  expect(applyRules({}, { ...name, groups: 'staff' })).toBe(null)
})
