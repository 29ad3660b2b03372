import { describe, expect, it } from 'vitest'
import type { App } from '../model/app.ts'
import { RefusedError } from '../model/refused-error.ts'
import { proveApp, type ShownProof } from './app-proof.ts'
import { type Client, createFixedClient } from './client.ts'
import { createClientSecret } from './client-secret.ts'

const app: App = {
  ...{ public: false, tokenDays: 7, dailyQuota: 100, monthlyQuota: 3000, totalPerDay: null },
  ...{ origins: [], allowNoOrigin: true, providers: [], models: [] },
}
const secrets: Readonly<Record<string, string>> = {
  shop: createClientSecret(),
  other: createClientSecret(),
  plain: createClientSecret(),
  chosen: 'a secret that a person chose',
}
const clientOf = (id: string): Client | null => {
  const isPublic = id === 'kiosk' || id === 'closed'
  if (!isPublic && secrets[id] === undefined) return null
  return {
    ...{ ...createFixedClient(id, 'readwrite'), secrets: [], services: [] },
    app: id === 'plain' ? null : { ...app, public: isPublic, totalPerDay: isPublic ? 5 : null },
  }
}

function createFixture(isWithin = true) {
  const counts = { taken: 0, givenBack: 0 }
  const deps = {
    clients: {
      find: clientOf,
      isActive: ({ id }: Client) => id !== 'closed',
      authenticate: (id: string, secret: string) =>
        secret !== '' && secrets[id] === secret ? clientOf(id) : null,
    },
    strangers: {
      take: () => {
        counts.taken++
        return isWithin
      },
      giveBack: () => void counts.givenBack++,
    },
    refuseAddress: () => {},
  }
  const prove = (shown: Partial<ShownProof>) => {
    const none = { authorization: null, apiKey: null, clientSecret: null }
    try {
      return proveApp({ appId: 'shop', clientAddress: '192.0.2.1', ...none, ...shown }, deps).id
    } catch (error) {
      if (error instanceof RefusedError) return error.reason
      throw error
    }
  }
  return { prove, counts }
}
const basic = (id: string, secret = '') =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

describe('the proof of an app', () => {
  it('is its secret, in one of three places, and costs it nothing', () => {
    const { prove, counts } = createFixture()
    expect(prove({ authorization: basic('shop', secrets['shop']) })).toBe('shop')
    expect(prove({ apiKey: secrets['shop'] ?? '' })).toBe('shop')
    expect(prove({ clientSecret: secrets['shop'] ?? '' })).toBe('shop')
    expect(counts).toEqual({ taken: 3, givenBack: 3 })
  })

  it.each<[Partial<ShownProof>, string]>([
    [{ apiKey: secrets['other'] ?? '' }, 'app-not-proven'],
    [{ apiKey: '' }, 'app-not-proven'],
    [{ clientSecret: '' }, 'app-not-proven'],
    [{ authorization: basic('shop', secrets['other']) }, 'app-not-proven'],
    [{ authorization: basic('shop') }, 'app-not-proven'],
    [{ authorization: `Bearer ${secrets['shop']}` }, 'app-not-proven'],
    [{ authorization: secrets['shop'] ?? '' }, 'app-not-proven'],
    [{ appId: 'plain', apiKey: secrets['plain'] ?? '' }, 'app-not-proven'],
    [{ appId: 'gone', apiKey: secrets['shop'] ?? '' }, 'app-not-proven'],
    [{ appId: '__proto__', apiKey: secrets['shop'] ?? '' }, 'app-not-proven'],
    [{ appId: 'kiosk', apiKey: secrets['shop'] ?? '' }, 'app-not-proven'],
    [{}, 'no-credential'],
    [{ appId: 'gone' }, 'no-credential'],
    [{ appId: 'plain' }, 'no-credential'],
    [{ appId: 'closed' }, 'no-credential'],
  ])('%j is none, and stays charged', (shown, reason) => {
    const { prove, counts } = createFixture()
    expect(prove(shown)).toBe(reason)
    expect(counts).toEqual({ taken: 1, givenBack: 0 })
  })

  it('of one app gets nothing for another', () => {
    const { prove } = createFixture()
    expect(prove({ appId: 'other', authorization: basic('shop', secrets['shop']) })).toBe(
      'other-app',
    )
    const kiosk = { appId: 'kiosk', authorization: basic('shop', secrets['shop']) }
    expect(prove(kiosk)).toBe('other-app')
  })

  it('is shown once: two are refused before either is looked at', () => {
    const { prove, counts } = createFixture()
    const secret = secrets['shop'] ?? ''
    expect(prove({ apiKey: secret, clientSecret: secret })).toBe('ambiguous-credential')
    expect(prove({ apiKey: secret, authorization: basic('shop', secret) })).toBe(
      'ambiguous-credential',
    )
    expect(counts.taken).toBe(0)
  })

  it('is not needed of a public app, whose calls all count', () => {
    const { prove, counts } = createFixture()
    expect(prove({ appId: 'kiosk' })).toBe('kiosk')
    expect(counts).toEqual({ taken: 1, givenBack: 0 })
  })

  it('beyond the limit only a right secret of our form passes, and a chosen one has to wait', () => {
    const { prove, counts } = createFixture(false)
    expect(prove({ apiKey: secrets['shop'] ?? '' })).toBe('shop')
    expect(prove({ apiKey: secrets['other'] ?? '' })).toBe('too-many-attempts')
    expect(prove({ appId: 'chosen', apiKey: secrets['chosen'] ?? '' })).toBe('too-many-attempts')
    expect(prove({ appId: 'kiosk' })).toBe('too-many-attempts')
    expect(prove({})).toBe('too-many-attempts')
    expect(counts.givenBack).toBe(0)
  })
})
