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
  }
  const grant = (entries: Record<string, string>, changes: Partial<Client> = {}) =>
    grantClientCredentials(parameters(entries), { ...client, ...changes }, { ttlSeconds: 3600 })

  it('give a token in the name of the client, with the scopes that it has', () => {
    expect(grant({})).toMatchObject({
      subject: 'app',
      role: 'readwrite',
      scopes: ['chat', 'embed'],
    })
    expect(grant({ scope: 'embed' })).toMatchObject({ scopes: ['embed'], ttlSeconds: 3600 })
    expect(grant({}, { tokenSeconds: 60 })).toMatchObject({ ttlSeconds: 60 })
  })

  it.each(['admin', 'chat admin', 'Chat', 'chat,embed'])('do not give the scope %j', (scope) => {
    expect(grant({ scope })).toMatchObject({ error: 'invalid_scope' })
  })
})
