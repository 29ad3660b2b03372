import { describe, expect, it } from 'vitest'
import { aPrincipal, aRoute, aService, someFacts } from '../../test/support/questions.ts'
import type { CallerQuestion, Check, Question } from '../model/decision.ts'
import { type LimitScope, parseLimit, type Standing } from '../model/limit.ts'
import { anonymous, type Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { checks } from './checks.ts'
import { ofLimits, placesOfAllowed } from './written-places.ts'

const facts = someFacts()
const principal = aPrincipal()
const limitOf = (scope: LimitScope, subject: string, text: string) => {
  const limit = parseLimit(text)
  if (limit === null) throw new Error(text)
  return { scope, subject, limit }
}
const refusedBy = (name: string, reason: Reason, asked: Principal = principal) =>
  Object.values<readonly Check<Question & CallerQuestion>[]>(checks)
    .flat()
    .filter((check) => check.name === name)
    .flatMap((check) => {
      const question = { facts, principal: asked, caller: asked, limits: [], body: null }
      return check.written?.(question, { reason, keyId: 'abcde01234', madeBy: 'zzzzzzzzzz' }) ?? []
    })
    .map(({ file, path }) => `${file} ${path.join('.')}`)

describe('the deciding setting is written', () => {
  it.each([
    ['granted-class', 'class-not-granted', 'keys keys.abcde01234.role'],
    ['granted-service', 'service-not-granted', 'keys keys.abcde01234.services'],
    ['allowed-address', 'address-not-allowed', 'keys keys.abcde01234.addresses'],
    ['allowed-origin', 'origin-not-allowed', 'gateway services.ollama.origins'],
    ['known-caller', 'disabled-key', 'keys keys.abcde01234.disabled'],
    ['known-caller', 'expired-key', 'keys keys.abcde01234.expiresAt'],
    ['known-caller', 'unknown-person', 'keys keys.abcde01234.madeBy'],
    ['known-caller', 'disabled-person', 'people people.zzzzzzzzzz.disabled'],
    ['known-caller', 'person-without-access', 'people people.zzzzzzzzzz.access'],
    ['listed-endpoint', 'unlisted-endpoint', 'endpoints '],
  ] as const)('%s, %s: in %s', (check, reason, place) => {
    expect(refusedBy(check, reason)[0]).toBe(place)
  })

  it('nowhere, when no setting decided', () => {
    expect(refusedBy('known-caller', 'unknown-key')).toEqual([])
    expect(refusedBy('well-formed-head', 'malformed-target')).toEqual([])
  })

  it.each([
    ['global', 'global', 'gateway limits'],
    ['service', 'service:ollama', 'gateway services.ollama.limits'],
    ['role', 'role:key:abcde01234', 'gateway roles.readwrite.limits'],
    ['user', 'user:ada', 'gateway users.ada.limits'],
    ['key', 'key:abcde01234', 'keys keys.abcde01234.limits'],
  ] as const)('a limit of the scope %s, and no other limit', (scope, subject, place) => {
    const limits = [limitOf(scope, subject, '2/day'), limitOf('global', 'global', '3/day')]
    const places = ofLimits({ facts, principal, limits }, { scope, text: '2/day' } as Standing)
    expect(places.map(({ file, path }) => `${file} ${path.join('.')}`)).toEqual([place])
  })

  it('a role and a list of services by the key, and by the person who made it', () => {
    const parent = aPrincipal({ id: 'person:zzzzzzzzzz', kind: 'person' })
    const made = aPrincipal({ parent })
    expect(refusedBy('granted-class', 'class-not-granted', made)).toEqual([
      'keys keys.abcde01234.role',
      'people people.zzzzzzzzzz.access.role',
    ])
    const limits = [limitOf('person', parent.id, '2/day')]
    expect(ofLimits({ facts, principal: made, limits })).toEqual([
      { file: 'people', path: ['people', 'zzzzzzzzzz', 'access', 'limits'] },
    ])
  })

  it('a model by the key, by its role, or by both', () => {
    const own = aPrincipal({ models: ['a'], roleModels: ['b'] })
    expect(refusedBy('allowed-model', 'model-not-allowed', own)).toEqual([
      'keys keys.abcde01234.models',
      'gateway roles.readwrite.models',
    ])
  })

  it('when allowed: at the grant', () => {
    const service = aService({ routes: [aRoute({ prefix: '/x' }), aRoute()] })
    const places = placesOfAllowed(someFacts({ service }), principal)
    expect(places.map(({ path }) => path.join('.'))).toEqual([
      'keys.abcde01234.role',
      'keys.abcde01234.services',
      'services.ollama.routes.1',
    ])
    const visitor = placesOfAllowed(facts, anonymous)
    expect(visitor).toEqual([{ file: 'gateway', path: ['services', 'ollama', 'anonymous'] }])
  })
})
