import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { adapterRows } from '../../kinds/bridge/bridge.ts'
import { chat } from '../../kinds/chat/chat.ts'
import { ownServices } from '../../kinds/own/own-services.ts'
import { providers } from '../../kinds/providers/providers.ts'
import { isUnder } from '../../lib/net/path.ts'
import { describeSite } from './describe-site.ts'
import type { SiteParts } from './site-operations.ts'

const [provider = chat] = providers
const all: SiteParts = {
  services: [{ kind: provider }, { kind: chat, chat: { hasVisitors: true } }],
  hasIssuers: true,
  isAbsent: () => false,
}
const nothing: SiteParts = { services: [], hasIssuers: false, isAbsent: () => false }

type Described = {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { operationId: string; security: object[] }>>>
  >
}

const describeAs = (parts: SiteParts): Described =>
  JSON.parse(JSON.stringify(describeSite(parts, '1.0.0')))

const operationsOf = ({ paths }: Described) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )

/** What is answered without a row. */
const withoutRow = [
  ...['GET /health', 'GET /.well-known/jwks.json', 'GET /.well-known/oauth-protected-resource'],
  'GET /.well-known/oauth-authorization-server',
]

describe('the document of the services’ site', () => {
  it.each([
    ['everything', all],
    ['nothing', nothing],
  ])('is valid OpenAPI 3.1 with %s configured', async (_, parts) => {
    const { valid, errors } = await new Validator().validate(describeAs(parts))
    expect(errors).toBeUndefined()
    expect(valid).toBe(true)
  })

  it('describes every row of ours, and nothing else', () => {
    const own = ownServices.flatMap(({ kind, routes }) =>
      (kind.rows ?? []).filter(({ pattern }) =>
        routes.some(({ prefix }) => isUnder(pattern, prefix)),
      ),
    )
    const adapters = adapterRows.map((row) => ({
      ...{ method: row.method, pattern: `/api/{provider}${row.pattern}`.replace(/\/$/, '') },
    }))
    const rows = [...own, ...adapters, ...(chat.rows ?? [])]
    const names = rows.map(({ method, pattern }) => `${method} ${pattern.replace('{+', '{')}`)
    expect(operationsOf(describeAs(all)).sort()).toEqual([...names, ...withoutRow].sort())
    expect(names.length).toBeGreaterThan(35)
  })

  it('gives every operation a name of its own', () => {
    const names = Object.values(describeAs(all).paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    )
    expect(new Set(names).size).toBe(names.length)
  })

  it('has no room for which nothing is configured', () => {
    const isAbsent = (path: string) =>
      ['/admin', '/analytics', '/auth'].some((one) => isUnder(path, one))
    expect(operationsOf(describeAs({ ...nothing, isAbsent })).sort()).toEqual([
      'GET /.well-known/jwks.json',
      'GET /.well-known/oauth-authorization-server',
      ...['GET /health', 'GET /openapi.json', 'GET /status'],
      ...['HEAD /openapi.json', 'HEAD /status'],
      ...['POST /oauth/introspect', 'POST /oauth/revoke', 'POST /oauth/token'],
    ])
  })

  it('says that the chat needs a credential where it has no visitors', () => {
    const securityOf = (hasVisitors: boolean) => {
      const services = [{ kind: chat, chat: { hasVisitors } }]
      return describeAs({ ...nothing, services }).paths['/minnow/chat']?.['post']?.security
    }
    expect(securityOf(true)).toContainEqual({})
    expect(securityOf(false)).not.toContainEqual({})
    expect(securityOf(false)?.length).toBeGreaterThan(0)
  })
})
