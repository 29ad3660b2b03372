import { expect, test } from 'vitest'
import { parseLimit } from '../model/limit.ts'
import { allRows } from './all-settings.ts'
import { findForeignNames } from './foreign-names.ts'

const inFile = (env: Record<string, string>) =>
  findForeignNames(env, { isOwnFile: true, source: '.env' }).map(({ what, remedy }) => [
    what,
    remedy,
  ])

test.each([
  ['PORT', '3000', 'GATEKEEPER_HTTPS_PORT=3000'],
  ['COOKIE_DOMAIN', '.example.com', 'a cookie for a whole domain'],
  ['AUTH_SECRET', 'hidden', 'not signed with a shared secret'],
  ['JWT_SECRET_KEY', 'hidden', 'docs/guides/tokens.md'],
  ['API_KEY', 'hidden', 'npm run keys -- add'],
  ['REQUEST_TIMEOUT_MS', '30000', 'headersSeconds: 30'],
  ['LOG_DIR', '/hidden', 'GATEKEEPER_LOG_DIR='],
  ['LOG_LEVEL', 'hidden', 'GATEKEEPER_LOG_LEVEL='],
  ['DATABASE_URL', 'file:hidden', 'SQLite'],
  ['NODE_ENV', 'production', 'does not read it'],
  ['CORS_ORIGIN', 'https://hidden', 'origins: ['],
  ['RATE_LIMIT_MAX_REQUESTS', '60', 'perAddress: [60/1hour]'],
  ['RATE_LIMIT_WINDOW_MS', '60000', 'perAddress: [100/1min]'],
  ['AUTH_SECRET_FILE', '/hidden', 'not signed with a shared secret'],
  ['DATABASE_URL', 'postgres://hidden', 'GATEKEEPER_DATABASE_URL'],
])('C15: %s=%s in .env is named, with the line to write instead', (name, value, advice) => {
  const [found, ...more] = inFile({ [name]: value })
  expect([found, more]).toEqual([
    [`${name} has no effect here`, expect.stringContaining(advice)],
    [],
  ])
  expect(JSON.stringify(found)).not.toContain('hidden')
})

test('C15: the two figures of a rate limit become one valid limit', () => {
  const of = (max: string, window: string) => {
    const env = { RATE_LIMIT_MAX_REQUESTS: max, RATE_LIMIT_WINDOW_MS: window }
    return /perAddress: \[(.*?)\]/.exec(inFile(env)[0]?.[1] ?? '')?.[1] ?? ''
  }
  expect([of('100', '3600000'), of('5', '60000'), of('100', '900000')]).toEqual([
    ...['100/1hour', '5/1min', '100/15min'],
  ])
  expect([of('10', '1000'), of('9', '7200000'), of('9', '2592000000')]).toEqual([
    ...['36000/1hour', '9/2hour', '1/1hour'],
  ])
  expect(parseLimit(of('100', '900000'))).not.toBeNull()
  expect(parseLimit(of('many', '0'))).not.toBeNull()
})

test('names that many machines set for other programs are reported in .env only', () => {
  const env = { PORT: '1', NODE_ENV: 'x', DATABASE_URL: 'y', COOKIE_DOMAIN: 'z', AUTH_SECRET: '' }
  const found = findForeignNames(env, { isOwnFile: false })
  expect(found.map(({ source }) => source)).toEqual(['COOKIE_DOMAIN'])
})

test('C15: every name of the contract is read or named, and none is both', () => {
  const read = [
    ...['LITELLM_SERVER_URL', 'OPENAI_API_KEY', 'OPENAI_BASE_URL', 'ANTHROPIC_API_KEY'],
    ...['ALLOWED_ORIGINS', 'ORIGIN_URLS', 'ALLOW_MOBILE_NO_ORIGIN', 'ADMIN_API_KEY'],
    ...['JWT_SECRET', 'ALLOWED_ORIGIN', 'SYSTEM_PROMPT', 'RATE_LIMIT_MAX', 'RATE_LIMIT_WINDOW'],
    ...['PASSKEY_RP_ID', 'PASSKEY_RP_NAME', 'GITHUB_CLIENT_ID', 'GOOGLE_CLIENT_ID'],
  ]
  const named = [
    ...['COOKIE_DOMAIN', 'AUTH_SECRET', 'PORT', 'RATE_LIMIT_MAX_REQUESTS', 'RATE_LIMIT_WINDOW_MS'],
    ...['REQUEST_TIMEOUT_MS', 'LOG_DIR', 'DATABASE_URL', 'NODE_ENV'],
  ]
  const settings = allRows.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  for (const name of read) {
    expect([name, settings.includes(name), inFile({ [name]: '1' })]).toEqual([name, true, []])
  }
  // PORT is a setting of one mode (GATEKEEPER_TLS=platform), and has no effect in all others.
  for (const name of named.filter((one) => one !== 'PORT')) {
    expect([name, settings.includes(name), inFile({ [name]: '1' }).length]).toEqual([
      name,
      false,
      1,
    ])
  }
  const both = settings.filter((name) => inFile({ [name]: '1' }).length > 0)
  expect(both).toEqual(['PORT'])
  expect(inFile({ PORT: '1', GATEKEEPER_TLS: 'platform' })).toEqual([])
})
