import { expect, test } from 'vitest'
import { aPrincipal, aQuestion } from '../../../test/support/questions.ts'
import type { AddressRule } from '../../model/address-rule.ts'
import { compileAddressRules } from '../address-rules.ts'
import { checks } from '../checks.ts'
import { decideForLineage } from '../decide.ts'
import { ruledAddress, ruledCaller } from './ruled-address.ts'

const rule = (over: Partial<AddressRule>): AddressRule => ({
  ...{ id: 'r1', ip: '203.0.113.0/24', type: 'deny', reason: 'scans', active: true, app: null },
  ...{ user: null, addedBy: 'ada', createdAt: 0 },
  ...over,
})
const ask = (clientAddress: string, over: Partial<AddressRule>, user = 'ada') =>
  aQuestion({
    principal: aPrincipal({ user }),
    facts: { clientAddress, addressRules: compileAddressRules([rule(over)]) },
  })

test('an address that a rule refuses gets address-refused, and the place of the rule', () => {
  const question = ask('203.0.113.7', {})
  expect(ruledAddress.examine(question)).toBe('address-refused')
  const refused = { reason: 'address-refused', keyId: null, madeBy: null } as const
  expect(ruledAddress.written?.(question, refused)).toEqual([
    { file: 'rules', path: ['rules', 'r1'] },
  ])
  expect(ruledAddress.describe?.(question)).toMatchObject({
    text: expect.stringContaining('203.0.113.7'),
    members: { ip: '203.0.113.7' },
  })
  expect(ruledAddress.examine(ask('203.0.114.7', {}))).toBeNull()
})

test('a refusal does not tell why the rule was made, nor that of others', () => {
  expect(ruledAddress.describe?.(ask('203.0.113.7', {}))?.text).not.toMatch(/scans|ada|key/)
})

test('a rule for a user refuses that user only', () => {
  expect(ruledCaller.examine(ask('203.0.113.7', { user: 'ada' }))).toBe('address-refused')
  expect(ruledCaller.examine(ask('203.0.113.7', { user: 'ada' }, 'eve'))).toBeNull()
  expect(ruledAddress.examine(ask('203.0.113.7', { user: 'ada' }))).toBeNull()
})

test('an exchanged token does not free its parent of the rules', () => {
  const { facts, ...rest } = ask('203.0.113.7', { user: 'ada' })
  const child = aPrincipal({ user: 'eve', parent: aPrincipal({ user: 'ada' }) })
  const question = { ...rest, facts, principal: child }
  expect(decideForLineage([ruledCaller], question)).toMatchObject({ reason: 'address-refused' })
})

test('the rules for every request are judged before anything else', () => {
  expect(checks.facts[0]).toBe(ruledAddress)
})
