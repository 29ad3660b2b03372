import { describe, expect, test } from 'vitest'
import { aPrincipal, aService } from '../../test/support/questions.ts'
import { isListedFor, mayUseModel } from '../kinds/model-name.ts'
import { noCaps } from '../model/caps.ts'
import { type Limit, parseLimit } from '../model/limit.ts'
import type { Person, PersonAccess } from '../model/person.ts'
import type { Principal } from '../model/principal.ts'
import { createMakerBound } from './person-access.ts'
import { limitsAnywhere, limitsOf, noPolicies } from './policies.ts'

const limits = (...texts: string[]) => texts.map((text) => parseLimit(text) as Limit)
const ada: Person = {
  ...{ id: 'aaaaaaaaaa', name: 'ada', title: null, role: 'member', disabled: false },
  ...{ serviceEmail: null, access: null, logins: [], createdAt: null, team: null },
}
const all = { role: 'admin', services: ['*'], models: [], limits: [] } as const
const known = ['ollama', 'tts', 'control', 'bridge']

function bound(key: Partial<Principal>, person: Partial<Person> | null): Principal | string {
  const bind = createMakerBound({
    findPerson: (id) => (person !== null && id === ada.id ? { ...ada, ...person } : null),
    serviceNameOf: (word) => (word === 'chat' ? 'ollama' : known.includes(word) ? word : null),
    namesOfAll: ['ollama', 'tts'],
  })
  return bind(aPrincipal(key), ada.id)
}

function granted(key: Partial<Principal>, access: Partial<PersonAccess>): Principal {
  const found = bound(key, { access: { ...all, ...access } })
  if (typeof found === 'string') throw new Error(found)
  return found
}

test.each([
  ['is gone', null, 'unknown-person'],
  ['is disabled', { disabled: true, access: all }, 'disabled-person'],
  ['has no access', { access: null }, 'person-without-access'],
  // Their role in the console gives nothing here.
  ['owns the console, without access', { role: 'owner', access: null }, 'person-without-access'],
] as const)('a key whose maker %s is refused', (_, person, reason) => {
  expect(bound({}, person)).toBe(reason)
})

test('a key that nobody made stays as it is', () => {
  const bind = createMakerBound({
    findPerson: () => null,
    serviceNameOf: () => null,
    namesOfAll: [],
  })
  const principal = aPrincipal()
  expect(bind(principal, null)).toBe(principal)
})

describe('the narrower counts', () => {
  test.each([
    ['admin', 'readonly', 'readonly'],
    ['readonly', 'admin', 'readonly'],
    ['readwrite', 'readwrite', 'readwrite'],
    ['admin', 'readwrite', 'readwrite'],
  ] as const)('role: key %s, person %s: %s', (role, ofPerson, expected) => {
    expect(granted({ role }, { role: ofPerson }).role).toBe(expected)
  })

  test.each([
    [['ollama'], ['*'], ['ollama']],
    [['ollama', 'tts'], ['tts'], ['tts']],
    [['ollama'], ['chat'], ['ollama']],
    [['ollama'], [], []],
    [['ollama'], ['gone'], []],
    // `control`, and what is granted by name, only by its own name on both sides.
    [['control'], ['*'], []],
    [['control', 'ollama'], ['*'], ['ollama']],
    [['control'], ['control'], ['control']],
    [['ollama'], ['control'], []],
    [['bridge'], ['*'], []],
    [['bridge'], ['bridge'], ['bridge']],
    // No alias and no wildcard of the key is looked up again.
    [['*'], ['*'], []],
    [['*'], ['control'], []],
  ])('services: key %j, person %j: %j', (services, ofPerson, expected) => {
    const principal = granted({ services }, { services: ofPerson })
    expect(principal.services).toEqual(expected)
    for (const name of principal.services) expect(principal.parent?.services).toContain(name)
  })

  test.each([
    [[], [], true],
    [['llama3'], [], true],
    [[], ['llama3'], true],
    [['llama3'], ['llama3'], true],
    [['llama3'], ['qwen3'], false],
    [['qwen3'], [], false],
    [[], ['qwen3'], false],
  ])('models: key %j, person %j: %s', (models, ofPerson, expected) => {
    const { kind } = aService()
    expect(isListedFor(granted({ models }, { models: ofPerson }), kind, 'llama3:latest')).toBe(
      expected,
    )
  })

  test.each([true, false, null])('models at the vendor: as the key says (%s)', (cloudModels) => {
    const principal = granted({ cloudModels }, {})
    expect(mayUseModel(principal, aService().kind, 'm:cloud')).toBe(cloudModels === true)
  })
})

describe('the limits of a person', () => {
  const policies = {
    ...noPolicies,
    roles: {
      readwrite: {
        ...{ limits: limits('60/min'), models: [], cloudModels: null, caps: noCaps },
        ...{ weight: null, capOutput: null },
      },
    },
  }
  const access = { limits: limits('10/day', '1usd/month') }
  const principal = granted({ limits: limits('5/day') }, access)
  const found = (by: Principal) =>
    limitsOf({ service: null, principal: by, endpointClass: 'use' }, policies)
      .filter(({ scope }) => scope !== 'global')
      .map(({ scope, subject, limit }) => [scope, subject, limit.text])
  const ofPerson = [
    ['person', 'person:aaaaaaaaaa', '10/day'],
    ['person', 'person:aaaaaaaaaa', '1usd/month'],
  ]

  test('are on one account for all keys, beside those of each key and its role', () => {
    const other = granted({ id: 'key:other01234' }, access)
    expect(found(principal)).toEqual([
      ['role', 'role:key:abcde01234', '60/min'],
      ['key', 'key:abcde01234', '5/day'],
      ...ofPerson,
    ])
    expect(found(other)).toEqual([['role', 'role:key:other01234', '60/min'], ...ofPerson])
  })

  test('are charged by a token that was exchanged for the key, too', () => {
    const token = aPrincipal({ id: 'token:x', kind: 'token', parent: principal })
    expect(found(token)).toEqual(expect.arrayContaining(ofPerson))
  })

  test('have no account for reading of their own', () => {
    const reads = limitsAnywhere(principal, [], policies).filter(({ scope }) => scope === 'reads')
    expect(reads.map(({ subject }) => subject)).toEqual(['reads:key:abcde01234'])
  })
})
