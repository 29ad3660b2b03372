import { describe, expect, test } from 'vitest'
import {
  anEndpoint,
  aPrincipal,
  aQuestion,
  aRoute,
  aService,
} from '../../test/support/questions.ts'
import type { Check } from '../model/decision.ts'
import { noBody } from '../model/facts.ts'
import { anonymous } from '../model/principal.ts'
import { reasonRow } from '../model/reason.ts'
import { checks } from './checks.ts'
import { decide, explain } from './decide.ts'

test('the order of the checks is the order of the answers', () => {
  // Whoever has no key must not learn what exists (401 before 404 and 403).
  expect(checks.map(({ needs, name }) => `${needs} ${name}`)).toEqual([
    'head well-formed-head',
    'head unchanged-protocol',
    'head known-caller',
    'head unstrayed-credential',
    'head listed-endpoint',
    'head granted-service',
    'head granted-class',
    'head allowed-address',
    'head allowed-origin',
    'head same-site',
    'head inspectable',
    'head ended-stream',
    'body well-formed-body',
    'body allowed-model',
    'body granted-unload',
    'body granted-store',
    'body within-caps',
    'body within-prompt',
    'body capped-output',
    'body counted-stream',
  ])
})

test('no two checks have one name', () => {
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length)
})

describe('where a request has several faults, the first in the order of answers is told', () => {
  const faults: [string, Parameters<typeof aQuestion>[0]][] = [
    ['malformed-target', { facts: { defect: 'malformed-target' } }],
    ['upgrade-not-relayed', { facts: { upgrade: 'h2c' } }],
    ['unknown-key', { caller: 'unknown-key' }],
    ['unlisted-endpoint', { facts: { endpoint: null } }],
    ['service-not-granted', { caller: aPrincipal({ services: [], role: 'readonly' }) }],
    ['class-not-granted', { caller: aPrincipal({ role: 'readonly' }) }],
    ['address-not-allowed', { caller: aPrincipal({ isAddressAllowed: () => false }) }],
  ]
  test.each(faults.map(([reason], at) => ({ reason, at })))('$reason', ({ reason, at }) => {
    const later = faults.slice(at).reverse()
    const facts = Object.assign({}, ...later.map(([, over]) => over?.facts ?? {}))
    const caller = later.map(([, over]) => over?.caller).findLast((one) => one !== undefined)
    const question = aQuestion({ facts, ...(caller !== undefined && { caller }) })
    const decision = decide(checks, 'head', question)
    expect(decision).toMatchObject({ allowed: false, reason })
  })
})

test('a stranger gets one answer for every path, listed or not', () => {
  const answers = [
    {},
    { endpoint: null },
    { endpoint: anEndpoint({ class: 'never' }) },
    { service: null, route: null, endpoint: null },
    { endpoint: anEndpoint({ class: 'manage' }) },
  ].map((facts) => decide(checks, 'head', aQuestion({ facts, caller: 'no-credential' })))
  for (const answer of answers) expect(answer).toMatchObject({ reason: 'no-credential' })
})

test('the anonymous caller reaches open endpoints and nothing else', () => {
  for (const endpointClass of ['open', 'read', 'use', 'manage', 'never'] as const) {
    const facts = {
      carrier: 'none',
      endpoint: anEndpoint({ class: endpointClass, model: { in: 'none' } }),
      service: aService({ anonymous: true }),
    } as const
    const decision = decide(checks, 'head', aQuestion({ facts, caller: anonymous }))
    expect([endpointClass, decision.allowed]).toEqual([endpointClass, endpointClass === 'open'])
  }
})

test('a request that is in order passes every check', () => {
  const body = { ...noBody, models: ['m:latest'] }
  expect(explain(checks, aQuestion({ body })).filter(({ reason }) => reason !== null)).toEqual([])
})

test('with no facts to go on, no check lets anything through by accident', () => {
  const facts = { service: null, route: null, endpoint: null, endpointPath: '' }
  expect(decide(checks, 'head', aQuestion({ facts })).allowed).toBe(false)
})

test('every check without a principal refuses, whatever it would look at', () => {
  const needPrincipal = checks.filter(
    ({ name }) =>
      !['well-formed-head', 'unchanged-protocol', 'listed-endpoint', 'well-formed-body'].includes(
        name,
      ),
  )
  expect(needPrincipal.length).toBeGreaterThan(5)
  for (const check of needPrincipal) {
    const decision = decide(
      [check] as readonly Check[],
      check.needs,
      aQuestion({ caller: 'unknown-key' }),
    )
    expect([check.name, decision.allowed]).toEqual([check.name, false])
  }
})

test('what a browser sends by itself cannot be used from another page, on any point', () => {
  for (const point of ['check', 'relay'] as const) {
    const facts = {
      point,
      route: aRoute({ mode: point }),
      service: aService({ origins: ['https://evil.example'] }),
      carrier: 'basic',
      origin: 'https://evil.example',
    } as const
    const decision = decide(checks, 'head', aQuestion({ facts }))
    expect(decision).toMatchObject({ allowed: false, reason: 'cross-site' })
    expect(reasonRow('cross-site').status).toBe(403)
  }
})
