import { describe, expect, it } from 'vitest'
import { anonymous, type Principal } from '../model/principal.ts'
import { accessTokenType, grantExchange, refuseExchange } from './exchange-grant.ts'

const now = Date.UTC(2026, 10, 22)
const parameters = (entries: Record<string, string> = {}) => new Map(Object.entries(entries))

describe('an exchange', () => {
  const principal: Principal = {
    ...anonymous,
    ...{ id: 'key:0123456789', kind: 'key', user: 'ada', role: 'readwrite' },
    services: ['ollama', 'tts'],
  }
  const parent = { kind: 'key', id: '0123456789' } as const
  const grant = (entries: Record<string, string> = {}, changes: Partial<Principal> = {}) =>
    grantExchange(
      parameters(entries),
      { principal: { ...principal, ...changes }, parent, scopes: ['chat'] },
      { ttlSeconds: 3600, now },
    )

  it('gives the requested rights, under its parent', () => {
    const entries = {
      ...{ services: 'tts', models: 'llama3.2:*', limits: '5/min, 1usd/day', role: 'readonly' },
      ...{ addresses: '10.0.0.0/8 192.168.1.7', expires_in: '60' },
    }
    expect(grant(entries)).toEqual({
      tokenClass: 'house',
      subject: 'key:0123456789',
      clientId: 'key:0123456789',
      role: 'readonly',
      scopes: ['chat'],
      ttlSeconds: 60,
      narrowing: {
        ...{ parent, services: ['tts'], models: ['llama3.2:*'], limits: ['5/min', '1usd/day'] },
        addresses: ['10.0.0.0/8', '192.168.1.7'],
      },
    })
  })

  it.each([
    [{ services: 'ollama litellm' }, 'invalid_target'],
    [{ services: '*' }, 'invalid_target'],
    [{ role: 'admin' }, 'invalid_scope'],
    [{ role: 'root' }, 'invalid_scope'],
    [{ limits: 'much' }, 'invalid_request'],
    [{ addresses: '999.1.1.1' }, 'invalid_request'],
    [{ expires_in: '29' }, 'invalid_request'],
    [{ expires_in: '1e9x' }, 'invalid_request'],
    [{ expires_in: '-60' }, 'invalid_request'],
    [{ expires_in: '60.5' }, 'invalid_request'],
  ])('gives nothing for %j', (entries, error) => {
    expect(grant(entries as Record<string, string>)).toMatchObject({ error })
  })

  it('never outlives its parent, nor the longest token lifetime', () => {
    expect(grant({ expires_in: '999999' })).toMatchObject({ ttlSeconds: 3600 })
    expect(grant({}, { expiresAt: now + 90_500 })).toMatchObject({ ttlSeconds: 90 })
    expect(grant({}, { expiresAt: now + 900 })).toMatchObject({ error: 'invalid_grant' })
  })

  it('cannot be exchanged', () => {
    expect(grant({}, { parent: principal })).toMatchObject({ error: 'invalid_grant' })
    const maker: Principal = { ...principal, id: 'person:aaaaaaaaaa', kind: 'person' }
    const made: Principal = { ...principal, parent: maker }
    expect(grant({}, { parent: made })).toMatchObject({ error: 'invalid_grant' })
    // A key that a person made is not a token.
    expect(grant({}, { parent: maker })).toMatchObject({ subject: 'key:0123456789' })
  })

  it('accepts the parameters that it supports, and refuses the rest of the standard', () => {
    const good = { subject_token: 'x', subject_token_type: accessTokenType }
    expect(refuseExchange(parameters(good))).toBeNull()
    for (const changes of [
      { subject_token: '' },
      { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' },
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      { actor_token: 'y' },
    ]) {
      const entries = Object.entries({ ...good, ...changes }).filter(([, value]) => value !== '')
      expect(refuseExchange(new Map(entries))).toMatchObject({ error: 'invalid_request' })
    }
  })
})
