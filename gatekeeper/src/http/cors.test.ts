import { describe, expect, test } from 'vitest'
import { aHead, aRoute, aService, someFacts } from '../../test/support/questions.ts'
import { adapterRows } from '../kinds/bridge/bridge.ts'
import { controlService } from '../kinds/own/own-services.ts'
import { providers } from '../kinds/providers/providers.ts'
import { carriers } from '../model/credential-fields.ts'
import type { Service } from '../model/service.ts'
import type { RouteMatch } from '../policy/route-table.ts'
import { corsFields, isPreflight, preflightFields } from './cors.ts'

const app = 'https://app.example'
const service = aService({ origins: [app, 'https://other.example'] })
const match: RouteMatch = { service, route: aRoute(), endpointPath: '/api/chat' }

describe('the fields of an answer', () => {
  test('name the origin of the page, if the service lists it', () => {
    expect(corsFields(someFacts({ service, origin: app }))).toMatchObject({
      'access-control-allow-origin': app,
      vary: 'Origin',
    })
  })

  test('never allow every origin, nor credentials of the browser', () => {
    const fields = corsFields(someFacts({ service, origin: app }))
    expect(Object.values(fields)).not.toContain('*')
    expect(fields).not.toHaveProperty('access-control-allow-credentials')
  })

  test.each([
    ['no page', null],
    ['the gate’s own page', 'https://ai.example'],
    ['a foreign page', 'https://evil.example'],
    ['a sandboxed frame', 'null'],
    ['an asterisk', '*'],
    ['another letter case', 'https://APP.example'],
    ['a list', `${app}, https://evil.example`],
    ['a line break', `${app}\r\nX-Evil: 1`],
  ])('are absent for %s', (_, origin) => {
    expect(corsFields(someFacts({ service, origin }))).toEqual({})
  })

  test('are absent without a known service', () => {
    expect(corsFields(someFacts({ service: null, origin: app }))).toEqual({})
  })
})

const preflight = (fields: Record<string, string[]> = {}, method = 'OPTIONS') =>
  aHead({
    method,
    fields: { origin: [app], 'access-control-request-method': ['POST'], ...fields },
  })

describe('the origin of an app', () => {
  const isApp = (origin: string) => origin === 'https://shop.example'
  const fields = { origin: ['https://shop.example'], 'access-control-request-method': ['POST'] }
  const ask = (tokenClass: 'bridge' | 'house') =>
    preflightFields(
      aHead({ method: 'OPTIONS', fields }),
      { ...match, service: aService({ tokenClass }) },
      isApp,
    )

  test('is answered at endpoints for apps, and at no other', () => {
    expect(ask('bridge')).toMatchObject({ 'access-control-allow-origin': 'https://shop.example' })
    expect(ask('house')).toBeNull()
    const facts = someFacts({ service, origin: 'https://shop.example' })
    expect(corsFields(facts)).toEqual({})
    expect(corsFields({ ...facts, isAppOrigin: true })).toHaveProperty('vary', 'Origin')
  })
})

describe('isPreflight', () => {
  test('recognises a preflight', () => {
    expect(isPreflight(preflight())).toBe(true)
  })

  test.each([
    ['another method', preflight({}, 'POST')],
    ['a method in lower case', preflight({}, 'options')],
    ['no origin', preflight({ origin: [] })],
    ['two origins', preflight({ origin: [app, app] })],
    ['no asked method', preflight({ 'access-control-request-method': [] })],
    ['two asked methods', preflight({ 'access-control-request-method': ['GET', 'PUT'] })],
  ])('%s is not one, and needs a key like any other request', (_, head) => {
    expect(isPreflight(head)).toBe(false)
  })
})

const fieldsOfContract =
  'Authorization, Content-Type, X-API-Key, X-Partial-Key-Id, X-Partial-Key, anthropic-version'

describe('the answer to a preflight', () => {
  test('names the origin and what it may send', () => {
    const head = preflight({ 'access-control-request-headers': ['authorization, content-type'] })
    expect(preflightFields(head, match)).toEqual({
      'access-control-allow-origin': app,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': fieldsOfContract,
      'access-control-max-age': '86400',
      vary: 'Origin',
    })
  })

  test.each([
    ['/api/tags', 'GET, HEAD'],
    ['/api/delete', 'DELETE'],
    ['/api/nothing', 'GET, HEAD, POST, DELETE'],
  ])('lists the methods of %s: %s', (endpointPath, methods) => {
    const fields = preflightFields(preflight(), { ...match, endpointPath })
    expect(fields?.['access-control-allow-methods']).toBe(methods)
  })

  test.each([
    ['/proxy', 'GET, POST'],
    ['/', 'POST'],
    ['/endpoints', 'GET'],
    ['/chat/completions', 'GET, POST'],
  ])('lists the methods at /api/PROVIDER%s: %s', (endpointPath, methods) => {
    const route = aRoute({ prefix: '/api/acme', strip: true, adapter: adapterRows })
    const fields = preflightFields(preflight(), { ...match, route, endpointPath })
    expect(fields?.['access-control-allow-methods']).toBe(methods)
  })

  test('of a service without a table lists every method', () => {
    const opaque = { ...match, service: aService({ kind: 'http', origins: [app] }) }
    expect(preflightFields(preflight(), opaque)?.['access-control-allow-methods']).toBe(
      'GET, HEAD, POST, PUT, PATCH, DELETE',
    )
  })

  test('lists the fields of a service as the page asks, but never those on the routes of apps', () => {
    const asked = { 'access-control-request-headers': ['x-stainless-os, AUTHORIZATION,x-own'] }
    const head = preflight(asked)
    expect(preflightFields(head, match)?.['access-control-allow-headers']).toBe(
      `${fieldsOfContract}, x-stainless-os, x-own`,
    )
    const bridge = { ...match, service: { ...service, tokenClass: 'bridge' as const } }
    expect(preflightFields(head, bridge)?.['access-control-allow-headers']).toBe(fieldsOfContract)
  })

  test('lists a carrier of credentials only where it is one', () => {
    const asked = { 'access-control-request-headers': [carriers.map(({ shown }) => shown).join()] }
    const listedBy = (service: Service, route = match.route) => {
      const found = preflightFields(preflight(asked), { ...match, service, route })
      return (found?.['access-control-allow-headers'] ?? '').split(', ')
    }
    expect(listedBy(service)).not.toContain('X-Admin-Key')
    expect(listedBy({ ...controlService, origins: [app] })).toContain('X-Admin-Key')
    const own = { ...match.route, credentialField: 'x-api-key' } as const
    expect(listedBy(service, own)).toContain('X-Admin-Key')
    for (const kind of providers) {
      const listed = listedBy({ ...service, kind, tokenClass: 'bridge' })
      expect(listed).toEqual(expect.arrayContaining(['X-Partial-Key-Id', 'X-Partial-Key']))
      expect(listed).not.toContain('X-Admin-Key')
    }
  })

  test.each(['https://evil.example', 'null', '', '*', 'https://app.example.evil.example'])(
    'is absent for %j',
    (origin) => {
      expect(preflightFields(preflight({ origin: [origin] }), match)).toBeNull()
    },
  )

  test('is absent without a known route', () => {
    expect(preflightFields(preflight(), null)).toBeNull()
  })

  test.each(['x\r\nSet-Cookie: a=1', 'x\nx', 'a;b', 'a"b', 'a\u0000b', 'ü', 'x'.repeat(2001)])(
    'does not echo %j',
    (asked) => {
      const head = preflight({ 'access-control-request-headers': [asked] })
      expect(preflightFields(head, match)?.['access-control-allow-headers']).toBe(fieldsOfContract)
    },
  )
})
