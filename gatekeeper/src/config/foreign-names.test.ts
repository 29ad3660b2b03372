import { expect, test } from 'vitest'
import { parseLimit } from '../model/limit.ts'
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
  ['JWT_SECRET', 'hidden', 'docs/guides/tokens.md'],
  ['ADMIN_API_KEY', 'hidden', 'npm run keys -- add'],
  ['REQUEST_TIMEOUT_MS', '30000', 'headersSeconds: 30'],
  ['LOG_DIR', '/hidden', 'stdout'],
  ['DATABASE_URL', 'file:hidden', 'SQLite'],
  ['NODE_ENV', 'production', 'does not read it'],
  ['ALLOWED_ORIGINS', 'https://hidden', 'origins: ['],
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
    return /limits: \[(.*?)\]/.exec(inFile(env)[0]?.[1] ?? '')?.[1] ?? ''
  }
  expect([of('100', '3600000'), of('5', '60000'), of('100', '900000')]).toEqual([
    ...['100/hour', '5/min', '400/hour'],
  ])
  expect(parseLimit(of('100', '900000'))).not.toBeNull()
  expect(parseLimit(of('many', '0'))).not.toBeNull()
})

test('names that many machines set for other programs are reported in .env only', () => {
  const env = { PORT: '1', NODE_ENV: 'x', DATABASE_URL: 'y', COOKIE_DOMAIN: 'z', AUTH_SECRET: '' }
  const found = findForeignNames(env, { isOwnFile: false })
  expect(found.map(({ source }) => source)).toEqual(['COOKIE_DOMAIN'])
})
