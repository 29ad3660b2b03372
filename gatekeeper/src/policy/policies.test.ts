import { describe, expect, test } from 'vitest'
import { aPrincipal, aService } from '../../test/support/questions.ts'
import { noCaps } from '../model/caps.ts'
import { type Limit, parseLimit } from '../model/limit.ts'
import { anonymous } from '../model/principal.ts'
import { countsRequests, limitsOf, narrowByRole, noPolicies, type RolePolicy } from './policies.ts'

const limits = (...texts: string[]) => texts.map((text) => parseLimit(text) as Limit)
const role = (over: Partial<RolePolicy>): RolePolicy => ({
  ...{ limits: [], models: [], cloudModels: null, caps: noCaps, weight: null, capOutput: null },
  ...over,
})

describe('the limits that apply', () => {
  const policies = {
    ...noPolicies,
    limits: limits('1000/min'),
    roles: {
      readwrite: role({ limits: limits('60/min') }),
      admin: role({ limits: limits('9/min') }),
    },
    users: new Map([
      ['ada', { limits: limits('5/day') }],
      ['bob', { limits: limits('6/day') }],
    ]),
  }
  const service = aService({ limits: limits('20-concurrent') })
  const principal = aPrincipal({ limits: limits('1usd/month') })

  test('are those of everybody, the service, the role, the user and the key, each on its own account', () => {
    const found = limitsOf({ service, principal }, policies)
    expect(found.map(({ scope, subject, limit }) => [scope, subject, limit.text])).toEqual([
      ['global', 'global', '1k/min'],
      ['service', 'service:ollama', '20-concurrent'],
      ['role', 'role:key:abcde01234', '60/min'],
      ['user', 'user:ada', '5/day'],
      ['key', 'key:abcde01234', '1usd/month'],
    ])
  })

  test('have a separate one for reading, of the caller and of the parent of its token', () => {
    const parent = aPrincipal()
    const exchanged = aPrincipal({ id: 'token:x', kind: 'token', parent })
    const readsOf = (endpointClass: 'read' | 'open' | 'use' | 'manage', by = exchanged) =>
      limitsOf({ service, principal: by, endpointClass }, policies)
        .filter(({ scope }) => scope === 'reads')
        .map(({ subject, limit }) => [subject, limit.text])
    const both = [
      ['reads:token:x', '2k/min'],
      ['reads:key:abcde01234', '2k/min'],
    ]
    expect([readsOf('read'), readsOf('open')]).toEqual([both, both])
    expect([readsOf('use'), readsOf('manage')]).toEqual([[], []])
    // Any caller could use up one account of all unknown callers; they are limited by address.
    expect(readsOf('open', anonymous)).toEqual([])
  })

  test('of requests count either reading or the rest', () => {
    for (const scope of ['global', 'service', 'role', 'user', 'key'] as const) {
      const counted = (['open', 'read', 'use', 'manage', 'never', null] as const).map((one) =>
        countsRequests(scope, one),
      )
      expect(counted).toEqual([false, false, true, true, true, true])
    }
    expect(countsRequests('reads', 'read') && countsRequests('reads', 'open')).toBe(true)
    expect(countsRequests('reads', 'use') || countsRequests('reads', 'manage')).toBe(false)
  })

  test('of tokens and money have no effect without models, unless there is a price', () => {
    const rich = aPrincipal({ limits: limits('5/day', '9-tokens/day', '1usd/day', '2-concurrent') })
    const found = (over: object) =>
      limitsOf({ service: aService({ kind: 'http', ...over }), principal: rich }, noPolicies).map(
        ({ limit }) => limit.text,
      )
    expect(found({})).toEqual(['5/day', '2-concurrent'])
    expect(found({ prices: [{}] })).toHaveLength(4)
    expect(found({ kind: 'ollama' })).toHaveLength(4)
  })

  test('never let a key use the account of another subject, whatever its user is called', () => {
    const subjectsOf = (user: string) =>
      limitsOf(
        { service, principal: aPrincipal({ user, limits: limits('1/day') }) },
        {
          ...policies,
          users: new Map([[user, { limits: limits('1/day') }]]),
        },
      ).map(({ subject }) => subject)
    for (const user of ['global', 'key:abcde01234', '__proto__', 'service:ollama']) {
      const subjects = subjectsOf(user)
      expect(new Set(subjects).size).toBe(subjects.length)
    }
  })
})

describe('a role narrows', () => {
  const narrow = (own: object, policy: Partial<RolePolicy>) =>
    narrowByRole(aPrincipal(own), { ...noPolicies, roles: { readwrite: role(policy) } })

  test.each([
    [null, null, null],
    [true, null, true],
    [null, true, true],
    [true, true, true],
    [true, false, false],
    [null, false, false],
    [false, true, false],
  ])('cloud models: key %s, role %s: %s', (own, ofRole, expected) => {
    expect(narrow({ cloudModels: own }, { cloudModels: ofRole }).cloudModels).toBe(expected)
  })

  test('caps to the tightest of both, and models to those that both lists allow', () => {
    const own = { caps: { ...noCaps, contextTokens: 100, outputTokens: 5 }, models: ['a'] }
    const policy = { caps: { ...noCaps, contextTokens: 50, imageBytes: 9 }, models: ['b'] }
    expect(narrow(own, policy)).toMatchObject({
      caps: { contextTokens: 50, outputTokens: 5, imageBytes: 9, keepAliveSeconds: null },
      ...{ models: ['a'], roleModels: ['b'] },
    })
  })

  test('weight: the key’s own value goes before that of the role', () => {
    expect(narrow({ weight: 3 }, { weight: 5 }).weight).toBe(3)
    expect(narrow({ weight: null }, { weight: 5 }).weight).toBe(5)
  })

  test('capOutput: the role’s value goes before the default of everybody', () => {
    const ofEverybody = { ...noPolicies, capOutput: true }
    expect(narrowByRole(aPrincipal(), ofEverybody).capOutput).toBe(true)
    const roles = { readwrite: role({ capOutput: false }) }
    expect(narrowByRole(aPrincipal(), { ...ofEverybody, roles }).capOutput).toBe(false)
  })

  test('a principal without a policy stays unchanged', () => {
    const principal = aPrincipal()
    expect(narrowByRole(principal, noPolicies)).toBe(principal)
  })
})

test('a chat is charged to the limits of the service behind it, on the same account', () => {
  const shared = { limits: limits('9/min') }
  const litellm = aService({ name: 'litellm', ...shared })
  const chat = { behind: 'litellm', otherPrefixes: [], model: null, visitor: null }
  const front = aService({ name: 'domain-chat', kind: 'chat', ...shared, chat })
  const principal = aPrincipal()
  const counted = (service: typeof front) => limitsOf({ service, principal }, noPolicies)
  expect(counted(front)).toEqual(counted(litellm))
  expect(counted(front)[0]?.subject).toBe('service:litellm')
})
