import { describe, expect, it } from 'vitest'
import type { Client } from './client.ts'
import { grantClientCredentials } from './client-credentials-grant.ts'

const parameters = (entries: Record<string, string> = {}) => new Map(Object.entries(entries))

describe('client credentials', () => {
  const client: Client = {
    ...{ id: 'app', role: 'readwrite', services: ['litellm'], scopes: ['chat', 'embed'] },
    ...{ secrets: [], models: [], limits: [], addresses: [], disabled: false, expiresAt: null },
    tokenSeconds: null,
    app: null,
    madeBy: null,
    team: null,
  }
  const grant = (entries: Record<string, string>, changes: Partial<Client> = {}) =>
    grantClientCredentials(
      parameters(entries),
      { ...client, ...changes },
      {
        ttlSeconds: 3600,
        consoleOrigin: 'https://console.localhost:8444',
      },
    )

  it('give a token in the name of the client, with the scopes that it has', () => {
    expect(grant({})).toMatchObject({
      subject: 'app',
      role: 'readwrite',
      scopes: ['chat', 'embed'],
    })
    expect(grant({ scope: 'embed' })).toMatchObject({ scopes: ['embed'], ttlSeconds: 3600 })
    expect(grant({}, { tokenSeconds: 60 })).toMatchObject({ ttlSeconds: 60 })
  })

  describe('for the console', () => {
    const resource = 'https://console.localhost:8444'
    const control: Partial<Client> = { role: 'admin', services: ['control'] }

    it('give a token of class admin for a quarter of an hour at most', () => {
      expect(grant({ resource }, control)).toMatchObject({ tokenClass: 'admin', ttlSeconds: 900 })
      expect(grant({ resource }, { ...control, tokenSeconds: 60 })).toMatchObject({
        ttlSeconds: 60,
      })
      expect(grant({ resource: `${resource}/` }, control)).toMatchObject({ tokenClass: 'admin' })
    })

    it.each<Partial<Client>>([
      { role: 'admin', services: ['*'] },
      { role: 'readwrite', services: ['control'] },
      { role: 'admin', services: ['control'], team: 'red' },
      { role: 'admin', services: [] },
    ])('give nothing to a client with %j', (changes) => {
      expect(grant({ resource }, changes)).toMatchObject({ error: 'invalid_target' })
    })

    it.each(['https://console.localhost:8443', 'https://console.localhost', '*', ''])(
      'and for another resource (%s) no token of class admin',
      (other) => {
        expect(grant({ resource: other }, control)).toMatchObject({ tokenClass: 'house' })
      },
    )
  })

  it.each(['admin', 'chat admin', 'Chat', 'chat,embed'])('do not give the scope %j', (scope) => {
    expect(grant({ scope })).toMatchObject({ error: 'invalid_scope' })
  })
})
