import { describe, expect, it } from 'vitest'
import type { App, UserException } from '../model/app.ts'
import { parseLimit } from '../model/limit.ts'
import { type BoundByMaker, boundByNobody } from '../model/person.ts'
import { principalOfUser, type UserTokenFacts } from './app-principal.ts'
import { type Client, createFixedClient } from './client.ts'

const app: App = {
  ...{ public: false, tokenDays: 7, dailyQuota: 100, monthlyQuota: 3000, totalPerDay: null },
  ...{ origins: [], allowNoOrigin: true, providers: [], models: [] },
}
const token: UserTokenFacts = {
  ...{ subject: 'shop:ada', clientId: 'shop', issuedAt: 1, expiresAt: 2, label: null },
}

type Changes = {
  readonly app?: Partial<App> | null
  readonly client?: Partial<Client>
  readonly token?: Partial<UserTokenFacts>
  readonly exception?: Partial<UserException>
  readonly boundByMaker?: BoundByMaker
}

function principalOf(changes: Changes = {}) {
  const client: Client = {
    ...{ ...createFixedClient('shop', 'readwrite'), secrets: [], services: [], ...changes.client },
    app: changes.app === null ? null : { ...app, ...changes.app },
  }
  const exception = changes.exception && { disabled: false, createdAt: null, ...changes.exception }
  return principalOfUser(
    { ...token, ...changes.token },
    {
      findClient: (id) => (id === 'shop' ? client : null),
      findException: (name) => (name === 'shop:ada' ? (exception ?? null) : null),
      providerNames: ['openai', 'claude'],
      boundByMaker: changes.boundByMaker ?? boundByNobody,
    },
  )
}

const limitsIn = (changes: Changes) => {
  const principal = principalOf(changes)
  return typeof principal === 'string' ? [] : principal.limits.map(({ text }) => text)
}

describe('the principal of an app’s user', () => {
  it('may use the providers of its app as readwrite, and no other service', () => {
    expect(principalOf()).toMatchObject({
      ...{ id: 'app:shop:ada', kind: 'app', user: 'shop:ada', role: 'readwrite', expiresAt: 2 },
      services: ['openai', 'claude'],
      app: { appId: 'shop', userId: 'ada', isPublic: false, allowNoOrigin: true, issuedAt: 1 },
    })
    const providers = ['claude', 'ollama', 'control', '*']
    expect(principalOf({ app: { providers } })).toMatchObject({ services: ['claude'] })
  })

  it('is nobody where the app was removed, and another one has the same id', () => {
    expect(principalOf({ client: { createdAt: 999 } })).toMatchObject({ id: 'app:shop:ada' })
    expect(principalOf({ client: { createdAt: 1000 } })).toBe('token-revoked')
  })

  it('has the quotas of the app, and its own in place of them', () => {
    expect(limitsIn({})).toEqual(['100/day', '3000/month'])
    expect(limitsIn({ exception: { dailyQuota: 5 } })).toEqual(['5/day', '3000/month'])
    const none = { dailyQuota: null, monthlyQuota: 0 }
    expect(limitsIn({ exception: none })).toEqual(['no quota/day', '0/month'])
  })

  it('shares the total of the app and the limits of its client', () => {
    const limit = parseLimit('60/min')
    const client = { limits: limit === null ? [] : [limit] }
    expect(principalOf({ app: { totalPerDay: 7 }, client })).toMatchObject({
      app: { totals: [{ amount: 7, period: 'day' }, { text: '60/min' }] },
    })
  })

  it.each<[string, Changes]>([
    ['is disabled', { exception: { disabled: true } }],
    ['has no app any more', { app: null }],
    ['is of a client that is gone', { token: { subject: 'gone:ada', clientId: 'gone' } }],
    ['has a token of another client', { token: { clientId: 'other' } }],
    ['has no client in its token', { token: { clientId: null } }],
    ['names no user', { token: { subject: 'shop' } }],
    ['was of a public app, which is none now', { token: { label: 'ada' } }],
    ['was proven by an app that is public now', { app: { public: true, totalPerDay: 1 } }],
  ])('ends if it %s', (_, changes) => {
    expect(principalOf(changes)).toBe('token-revoked')
  })

  it('may do no more than the person who made the app', () => {
    const client = { madeBy: 'aaaaaaaaaa' }
    expect(principalOf({ client })).toBe('unknown-person')
    const boundByMaker: BoundByMaker = (principal, madeBy) => ({
      ...principal,
      services: principal.services.filter((name) => name === 'openai'),
      parent: { ...principal, id: `person:${madeBy}`, kind: 'person' },
    })
    const ofPublic = { app: { public: true }, token: { subject: 'shop:anon:A', label: 'ada' } }
    expect(principalOf({ client, boundByMaker })).toMatchObject({
      services: ['openai'],
      parent: { id: 'person:aaaaaaaaaa' },
    })
    // What every user of a public app may call is no service that access could name.
    expect(principalOf({ client, boundByMaker, ...ofPublic })).toMatchObject({
      services: ['openai', 'auth'],
    })
  })

  it('of a public app has its label for a name, and is allowed /auth of our own endpoints', () => {
    const subject = 'shop:anon:AAAA'
    const changes = { app: { public: true }, token: { subject, label: 'ada' } }
    expect(principalOf(changes)).toMatchObject({
      ...{ id: 'app:shop:anon:AAAA', services: ['openai', 'claude', 'auth'] },
      app: { userId: 'ada', isPublic: true },
    })
  })
})
