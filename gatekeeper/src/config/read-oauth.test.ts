import { describe, expect, it } from 'vitest'
import { readSettings } from './read-settings.ts'

function read(env: Record<string, string>) {
  const readFile = () => {
    throw new Error('no file')
  }
  const source = { env, folder: '/srv', platform: 'linux', readFile }
  const { settings, problems } = readSettings(source)
  return { oauth: settings.oauth, problems }
}
const secret = 'x'.repeat(40)

describe('OAUTH settings', () => {
  it('C5: tokens last an hour by default, and the number is validated', () => {
    expect(read({}).oauth).toMatchObject({ tokenSeconds: 3600, algorithm: 'RS256', clients: [] })
    expect(read({ OAUTH_TOKEN_EXPIRES_IN: '60' }).oauth.tokenSeconds).toBe(60)
    for (const text of ['0', '29', '86401', '1h', '-60', '60.5', '1e3']) {
      expect(read({ OAUTH_TOKEN_EXPIRES_IN: text }).problems).toMatchObject([
        { source: 'OAUTH_TOKEN_EXPIRES_IN' },
      ])
    }
  })

  it('C4: a role has a client with id and secret, and one without the other is a problem', () => {
    const env = { OAUTH_CLIENT_ID_ADMIN: 'boss', OAUTH_CLIENT_SECRET_ADMIN: secret }
    expect(read(env).oauth.clients).toEqual([{ id: 'boss', role: 'admin', secret }])
    expect(read({ OAUTH_CLIENT_ID_ADMIN: 'boss' }).problems).toHaveLength(1)
    expect(read({ OAUTH_CLIENT_SECRET_READONLY: secret }).problems).toHaveLength(1)
    expect(read({ ...env, OAUTH_CLIENT_ID_ADMIN: 'a:b' }).problems).toHaveLength(1)
    const twice = { OAUTH_CLIENT_ID_READONLY: 'boss', OAUTH_CLIENT_SECRET_READONLY: secret }
    expect(read({ ...env, ...twice }).problems).toHaveLength(1)
  })

  it.each(['HS256', 'none', 'rs256', 'RS512'])('%s is not a signing algorithm', (algorithm) => {
    expect(read({ OAUTH_SIGNING_ALGORITHM: algorithm }).problems).toHaveLength(1)
  })
})
