import { describe, expect, test } from 'vitest'
import { aPrincipal } from '../../test/support/questions.ts'
import type { AddressRule } from '../model/address-rule.ts'
import { anonymous } from '../model/principal.ts'
import { compileAddressRules, ruledCallerOf } from './address-rules.ts'

const aRule = (over: Partial<AddressRule>): AddressRule => ({
  ...{ id: 'r', ip: '10.0.0.0/8', type: 'deny', reason: null, active: true, app: null },
  ...{ user: null, addedBy: null, createdAt: null },
  ...over,
})
const deny = (ip: string, over: Partial<AddressRule> = {}) => aRule({ ip, ...over })
const allow = (ip: string, over: Partial<AddressRule> = {}) => aRule({ ip, type: 'allow', ...over })
const isRefused = (address: string, ...rules: AddressRule[]) =>
  compileAddressRules(rules).findRefusing(address) !== null

describe('rules for every request', () => {
  test.each([
    { name: 'no rule', address: '10.1.1.1', rules: [], refused: false },
    { name: 'a deny rule', address: '10.1.1.1', rules: [deny('10.0.0.0/8')], refused: true },
    { name: 'another address', address: '11.1.1.1', rules: [deny('10.0.0.0/8')], refused: false },
    {
      name: 'a denied address as mapped IPv6',
      address: '::ffff:10.1.1.1',
      rules: [deny('10.0.0.0/8')],
      refused: true,
    },
    {
      name: 'a denied /64',
      address: '2001:db8::9',
      rules: [deny('2001:db8::/64')],
      refused: true,
    },
    {
      name: 'the next /64',
      address: '2001:db8:0:1::9',
      rules: [deny('2001:db8::/64')],
      refused: false,
    },
    {
      name: 'an allowed address',
      address: '10.1.1.1',
      rules: [allow('10.0.0.0/8')],
      refused: false,
    },
    {
      name: 'beside an allow rule',
      address: '11.1.1.1',
      rules: [allow('10.0.0.0/8')],
      refused: true,
    },
    {
      name: 'one of two allow rules',
      address: '11.1.1.1',
      rules: [allow('10.0.0.0/8'), allow('11.0.0.0/8')],
      refused: false,
    },
    {
      name: 'a deny rule within an allow rule',
      address: '10.1.1.1',
      rules: [allow('10.0.0.0/8'), deny('10.1.1.1')],
      refused: true,
    },
    {
      name: 'an allow rule that is not active',
      address: '11.1.1.1',
      rules: [allow('10.0.0.0/8', { active: false })],
      refused: false,
    },
    {
      name: 'a deny rule that is not active',
      address: '10.1.1.1',
      rules: [deny('10.0.0.0/8', { active: false })],
      refused: false,
    },
    { name: 'what is no address', address: 'unknown', rules: [deny('10.0.0.0/8')], refused: true },
    {
      name: 'a list smuggled in',
      address: '10.1.1.1, 11.1.1.1',
      rules: [allow('11.0.0.0/8')],
      refused: true,
    },
    {
      name: 'a denied link-local address with a zone',
      address: 'fe80::1%eth0',
      rules: [deny('fe80::/10')],
      refused: true,
    },
  ])('$name: refused $refused', ({ address, rules, refused }) => {
    expect(isRefused(address, ...rules)).toBe(refused)
  })

  test('a refusal names the rule', () => {
    const rules = compileAddressRules([
      deny('11.0.0.0/8', { id: 'a' }),
      deny('10.1.0.0/16', { id: 'b' }),
    ])
    expect(rules.findRefusing('10.1.2.3')?.id).toBe('b')
  })
})

describe('rules for an app or a user', () => {
  const rules = compileAddressRules([
    deny('10.0.0.1', { app: 'shop' }),
    allow('10.0.0.0/8', { app: 'shop', user: 'eve' }),
    allow('192.168.0.0/16', { user: 'ada' }),
    deny('172.16.0.0/12', { user: 'shop:bob' }),
  ])
  const refuses = (address: string, app: string | null, user: string | null) =>
    rules.findRefusingCaller(address, { app, user }) !== null

  test.each([
    ['10.0.0.1', 'shop', 'shop:joe', true],
    ['10.0.0.2', 'shop', 'shop:joe', false],
    ['10.0.0.1', 'other', 'other:joe', false],
    ['10.0.0.2', 'shop', 'shop:eve', false],
    ['11.0.0.2', 'shop', 'shop:eve', true],
    ['11.0.0.2', 'other', 'other:eve', false],
    ['172.16.0.1', 'shop', 'shop:bob', true],
    ['11.0.0.1', null, 'ada', true],
    ['192.168.0.1', null, 'ada', false],
    ['11.0.0.1', null, 'eve', false],
    // A user of an app is not the user of the same name.
    ['11.0.0.1', 'shop', 'shop:ada', false],
    ['11.0.0.1', null, null, false],
  ])('%s, app %s, user %s: refused %s', (address, app, user, expected) => {
    expect(refuses(address, app, user)).toBe(expected)
  })

  test('they never refuse a request of which the caller is not known', () => {
    expect(rules.findRefusing('11.0.0.1')).toBeNull()
  })

  test.each([
    [aPrincipal({ id: 'key:abc', kind: 'key', user: 'ada' }), { app: null, user: 'ada' }],
    [
      aPrincipal({ id: 'client:shop', kind: 'client', user: 'shop' }),
      { app: 'shop', user: 'shop' },
    ],
    [aPrincipal({ id: 'app:shop:eve', user: 'shop:eve' }), { app: 'shop', user: 'shop:eve' }],
    [anonymous, { app: null, user: null }],
  ])('the caller of a rule is read from the principal', (principal, expected) => {
    expect(ruledCallerOf(principal)).toEqual(expected)
  })
})

test('among 1,000 deny rules the refused address costs little, and its own rule is named', () => {
  const rules = Array.from({ length: 1000 }, (_, at) => {
    return deny(`10.${at >> 8}.${at & 255}.0/24`, { id: `r${at}` })
  })
  const { findRefusing } = compileAddressRules(rules)
  const all = rules.map((_, at) => findRefusing(`10.${at >> 8}.${at & 255}.7`)?.id)
  expect(all).toEqual(rules.map(({ id }) => id))
  const begunAt = performance.now()
  for (let turn = 0; turn < 1000; turn++) findRefusing('10.3.231.7')
  // Compiling each rule at each refusal took 25 s.
  expect(performance.now() - begunAt).toBeLessThan(1000)
})
