import { describe, expect, test } from 'vitest'
import { aPrincipal, aService } from '../../test/support/questions.ts'
import { isListedFor } from '../kinds/model-name.ts'
import type { Question, RefusedBy } from '../model/decision.ts'
import { type Limit, parseLimit } from '../model/limit.ts'
import { isModelLimited, type Principal } from '../model/principal.ts'
import { grantedService } from './checks/granted-service.ts'
import { limitsOf, narrowByRole, noPolicies } from './policies.ts'
import type { TeamPolicy } from './team-policy.ts'

const limits = (...texts: string[]) => texts.map((text) => parseLimit(text) as Limit)
const team = (over: Partial<TeamPolicy>): TeamPolicy => ({
  ...{ limits: [], services: null, models: [] },
  ...over,
})
const policies = {
  ...noPolicies,
  teams: new Map([
    ['red', team({ limits: limits('60/min'), services: ['ollama'], models: ['llama*'] })],
    ['blue', team({ limits: limits('9/min'), services: ['tts'] })],
  ]),
}
const service = aService({})
const both = ['ollama', 'tts']
const narrowed = (principal: Partial<Principal>) =>
  narrowByRole(aPrincipal({ services: both, ...principal }), policies)
const accountsOf = (principal: Principal) =>
  limitsOf({ service, principal }, policies)
    .filter(({ scope }) => scope === 'team')
    .map(({ subject, limit }) => [subject, limit.text])

describe('a key of a team', () => {
  test('has the services and models that its team has too, and never more than its own', () => {
    const found = narrowed({ team: 'red', models: ['*:latest', 'llama3'] })
    expect(found.services).toEqual(['ollama'])
    expect(isModelLimited(found)).toBe(true)
    expect(isListedFor(found, service.kind, 'llama3:latest')).toBe(true)
    expect(isListedFor(found, service.kind, 'qwen:latest')).toBe(false)
    expect(narrowed({ team: 'blue', services: ['ollama'] }).services).toEqual([])
  })

  test('is counted on the account of its team, once, also by a token of it', () => {
    const parent = aPrincipal({ team: 'red' })
    const token = aPrincipal({ id: 'token:x', kind: 'token', team: 'red', parent })
    expect(accountsOf(parent)).toEqual([['team:red', '60/min']])
    expect(accountsOf(token)).toEqual([['team:red', '60/min']])
  })

  test('that somebody of another team made is narrowed by both, and counted for both', () => {
    const person = aPrincipal({ id: 'person:a', kind: 'person', team: 'blue', services: both })
    const found = narrowed({ team: 'red', parent: person })
    expect(found.services).toEqual([])
    expect(accountsOf(found)).toEqual([
      ['team:red', '60/min'],
      ['team:blue', '9/min'],
    ])
  })
})

test('who asks why a service is missing is led to the team too', () => {
  const principal = narrowed({ team: 'blue' })
  const places = grantedService.written?.({ principal } as Question, {} as RefusedBy) ?? []
  expect(places.map(({ file, path }) => [file, path.join('.')])).toEqual([
    ['keys', 'keys.abcde01234.services'],
    ['gateway', 'teams.blue.services'],
  ])
})

test('whoever is of a team does not administer, whatever the key says', () => {
  const services = ['ollama', 'control']
  expect(narrowed({ team: 'unnamed', services }).services).toEqual(['ollama'])
  const parent = aPrincipal({ id: 'person:a', kind: 'person', team: 'unnamed', services })
  expect(narrowed({ services, parent }).services).toEqual(['ollama'])
})

test.each([undefined, null, 'unnamed'])('the team %s narrows and counts nothing', (name) => {
  const found = narrowed(name === undefined ? {} : { team: name })
  expect(found.services).toEqual(both)
  expect(isModelLimited(found)).toBe(false)
  expect(accountsOf(found)).toEqual([])
})
