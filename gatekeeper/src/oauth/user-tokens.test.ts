import { generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import type { App, UserException } from '../model/app.ts'
import type { ScopedLimit } from '../model/limit.ts'
import { type AppUser, anonymous } from '../model/principal.ts'
import { RefusedError } from '../model/refused-error.ts'
import { type Client, createFixedClient } from './client.ts'
import { createUserTokens, type UserTokenAct, type UserTokenRequest } from './user-tokens.ts'

const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
const signer = { kid: 'one', algorithm: 'ES256', key: privateKey, publicJwk: publicKey as object }

const app: App = {
  ...{ public: false, tokenDays: 0.5, dailyQuota: 100, monthlyQuota: null, totalPerDay: null },
  ...{ origins: [], allowNoOrigin: true, providers: [], models: [] },
}
const clients: Readonly<Record<string, Client>> = Object.fromEntries(
  ['shop', 'other', 'kiosk'].map((id) => {
    const isPublic = id === 'kiosk'
    const own = { ...app, public: isPublic, totalPerDay: isPublic ? 5 : null }
    return [id, { ...createFixedClient(id, 'readwrite'), secrets: [], app: own }]
  }),
)

function createFixture() {
  const state = {
    ...{ isReadable: true, isRecorded: true, isSigning: true, hasRoom: true },
    exception: null as UserException | null,
    acts: [] as UserTokenAct[],
    ended: [] as string[],
    read: [] as string[],
  }
  const tokens = createUserTokens({
    issuer: 'https://ai.example',
    clock: () => 1_000_000,
    signingKeys: { signer: () => (state.isSigning ? signer : null) },
    clients: {
      find: (id) => clients[id] ?? null,
      isActive: () => true,
      authenticate: (id, secret) => (secret === 'right' ? (clients[id] ?? null) : null),
    },
    strangers: { take: () => state.hasRoom, giveBack: () => {} },
    refuseAddress: () => {},
    findException: () => state.exception,
    prepare: async () => true,
    readStandings: async (limits: readonly ScopedLimit[]) => {
      state.read.push(...limits.map(({ subject }) => subject))
      return state.isReadable ? [] : null
    },
    endTokens: async (subject) => void state.ended.push(subject),
    record: async (act) => {
      if (!state.isRecorded) throw new Error('the disk is full')
      state.acts.push(act)
    },
  })
  const request: UserTokenRequest = {
    ...{ appId: 'shop', userId: 'ada', apiKey: 'right', authorization: null, clientSecret: null },
    ...{ clientAddress: '192.0.2.1', hasOrigin: false, needsOrigin: false },
    ...{ foreignOrigin: null, isOriginListed: false },
  }
  const reasonOf = async (work: Promise<unknown>) =>
    await work.then(
      () => null,
      (error: unknown) => (error instanceof RefusedError ? error.reason : error),
    )
  const ask = (over: Partial<UserTokenRequest> = {}) => tokens.issue({ ...request, ...over })
  return { tokens, state, ask, reasonOf }
}

describe('a token for a user', () => {
  it('lasts as long as the app says, and is recorded with its user', async () => {
    const { ask, state } = createFixture()
    const { ttlSeconds, user } = await ask()
    expect([ttlSeconds, user.userId, state.read]).toEqual([
      ...[43_200, 'ada', ['app:shop:ada', 'app:shop:ada']],
    ])
    expect(state.acts).toMatchObject([{ event: 'token.issued', subject: 'shop:ada' }])
  })

  it('is not given if its use cannot be read, it cannot be recorded or not be signed', async () => {
    const { ask, state, reasonOf } = createFixture()
    state.isReadable = false
    expect(await reasonOf(ask())).toBe('ledger-unavailable')
    state.isReadable = true
    state.isRecorded = false
    expect(await reasonOf(ask())).toBe('audit-unavailable')
    state.isRecorded = true
    state.isSigning = false
    expect(await reasonOf(ask())).toBe('check-failed')
  })

  it('is not given to a disabled user', async () => {
    const { ask, state, reasonOf } = createFixture()
    state.exception = { disabled: true, createdAt: null }
    expect(await reasonOf(ask())).toBe('token-revoked')
  })

  it('is given 600 times a minute to an app, whose users share its address', async () => {
    const { ask, reasonOf } = createFixture()
    const all = Array.from({ length: 700 }, (_, at) => reasonOf(ask({ userId: `user${at}` })))
    const reasons = await Promise.all(all)
    expect(reasons.filter((reason) => reason === null)).toHaveLength(600)
    expect(reasons.filter((reason) => reason === 'rate-limited')).toHaveLength(100)
    expect(await reasonOf(ask({ appId: 'other' }))).toBeNull()
  })

  it.each<[string, Partial<UserTokenRequest>, string | null]>([
    ['no page', {}, null],
    ['a page of our own host', { hasOrigin: true }, null],
    [
      'a foreign page',
      { hasOrigin: true, foreignOrigin: 'https://evil.example' },
      'origin-not-allowed',
    ],
    [
      'a page that the operator lists',
      { hasOrigin: true, foreignOrigin: 'https://a.example', isOriginListed: true },
      null,
    ],
    ['no page, if everybody needs one', { needsOrigin: true }, 'origin-not-allowed'],
  ])('from %s is judged when the app is known', async (_, over, reason) => {
    const { ask, reasonOf } = createFixture()
    expect(await reasonOf(ask(over))).toBe(reason)
    // A page does not learn before whether the secret is right.
    expect(await reasonOf(ask({ ...over, apiKey: 'wrong' }))).toBe('app-not-proven')
  })
})

describe('logging out', () => {
  const holder: AppUser = {
    ...{ appId: 'shop', userId: 'ada', isPublic: false, allowNoOrigin: true },
    ...{ totals: [], issuedAt: 1 },
  }
  const principal = { ...anonymous, id: 'app:shop:ada', user: 'shop:ada' }

  it('ends the tokens of the user, also if that cannot be recorded', async () => {
    const { tokens, state } = createFixture()
    state.isRecorded = false
    await tokens.logOut(principal, holder, '192.0.2.1')
    expect(state.ended).toEqual(['shop:ada'])
  })

  it('is limited as asking is: by app, and for public apps by address', async () => {
    const { tokens, state, reasonOf } = createFixture()
    const out = (over: Partial<AppUser> = {}) =>
      reasonOf(tokens.logOut(principal, { ...holder, ...over }, '192.0.2.1'))
    const reasons = await Promise.all(Array.from({ length: 700 }, () => out()))
    expect(reasons.filter((reason) => reason === null)).toHaveLength(600)
    expect(await out({ appId: 'kiosk', isPublic: true })).toBeNull()
    state.hasRoom = false
    expect(await out({ appId: 'kiosk', isPublic: true })).toBe('rate-limited')
  })
})
