import { describe, expect, test } from 'vitest'
import {
  anEndpoint,
  aPrincipal,
  aQuestion,
  aRoute,
  aService,
  decideHead,
} from '../../test/support/questions.ts'
import { noBody } from '../model/facts.ts'
import { anonymous } from '../model/principal.ts'
import { reasonRow } from '../model/reason.ts'
import { checks } from './checks.ts'
import { explain } from './decide.ts'

const named = (lists: typeof checks) =>
  Object.entries(lists).flatMap(([list, all]) => all.map(({ name }) => `${list} ${name}`))

test('the order of the checks is the order of the answers', () => {
  // A caller without a key must not learn what exists (401 before 404 and 403).
  expect(named(checks)).toEqual([
    'facts ruled-address',
    'facts well-formed-head',
    'facts unchanged-protocol',
    'caller known-caller',
    'head unstrayed-credential',
    'head allowed-query',
    'head listed-endpoint',
    'head ruled-caller',
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
  const names = named(checks).map((name) => name.split(' ')[1])
  expect(new Set(names).size).toBe(names.length)
})

describe('a request with several faults gets the first in the order of answers', () => {
  const faults: [string, Parameters<typeof decideHead>[0]][] = [
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
    const decision = decideHead({ facts, ...(caller !== undefined && { caller }) })
    expect(decision).toMatchObject({ allowed: false, reason })
  })
})

test('an unknown caller gets one answer for every path, listed or not', () => {
  const answers = [
    {},
    { endpoint: null },
    { endpoint: anEndpoint({ class: 'never' }) },
    { service: null, route: null, endpoint: null },
    { endpoint: anEndpoint({ class: 'manage' }) },
  ].map((facts) => decideHead({ facts, caller: 'no-credential' }))
  for (const answer of answers) expect(answer).toMatchObject({ reason: 'no-credential' })
})

test('the anonymous caller reaches open endpoints and nothing else', () => {
  for (const endpointClass of ['open', 'read', 'use', 'manage', 'never'] as const) {
    const facts = {
      carrier: 'none',
      endpoint: anEndpoint({ class: endpointClass, model: { in: 'none' } }),
      service: aService({ anonymous: true }),
    } as const
    const decision = decideHead({ facts, caller: anonymous })
    expect([endpointClass, decision.allowed]).toEqual([endpointClass, endpointClass === 'open'])
  }
})

test('a valid request passes every check', () => {
  const body = { ...noBody, models: ['m:latest'] }
  expect(decideHead()).toMatchObject({ allowed: true })
  const said = explain([...checks.head, ...checks.body], aQuestion({ body }))
  expect(said.filter(({ reason }) => reason !== null)).toEqual([])
})

test('without facts no check allows anything by accident', () => {
  const facts = { service: null, route: null, endpoint: null, endpointPath: '' }
  expect(decideHead({ facts }).allowed).toBe(false)
})

test('no check on the head or the body can run without a principal', () => {
  const { principal: _, ...nobody } = aQuestion({ body: noBody })
  for (const check of [...checks.head, ...checks.body]) {
    // @ts-expect-error a question without a principal is none
    const ask = () => check.examine(nobody)
    expect(ask).toBeTypeOf('function')
  }
  expect(decideHead({ caller: 'unknown-key' })).toMatchObject({ check: 'known-caller' })
})

test('credentials that a browser sends by itself cannot be used from another page, at any point', () => {
  for (const point of ['check', 'relay'] as const) {
    const facts = {
      point,
      route: aRoute({ mode: point }),
      service: aService({ origins: ['https://evil.example'] }),
      carrier: 'basic',
      origin: 'https://evil.example',
    } as const
    const decision = decideHead({ facts })
    expect(decision).toMatchObject({ allowed: false, reason: 'cross-site' })
    expect(reasonRow('cross-site').status).toBe(403)
  }
})
