import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Reason, type ReasonRow, reasonRow, reasons } from './reason.ts'

const all = Object.keys(reasons) as Reason[]
const root = resolve(import.meta.dirname, '../../..')

/** The texts of all files that match, except the one of the reasons and this one. */
function readAll(pattern: string, isWanted: (file: string) => boolean): string {
  const files = globSync(pattern, { cwd: root })
    .filter((file) => !/policy\/reason(?:\.test)?\.ts$/.test(file) && isWanted(file))
    .map((file) => readFileSync(join(root, file), 'utf8'))
  if (files.length === 0) throw new Error(`no file matches ${pattern}`)
  return files.join('\n')
}

const isTest = (file: string) => file.endsWith('.test.ts')

describe('every reason', () => {
  test.each(all)('%s has a complete row', (reason) => {
    const row: ReasonRow = reasonRow(reason)
    expect(row.status).toBeGreaterThanOrEqual(400)
    expect(row.code).toMatch(/^[a-z]+(?:_[a-z]+)*$/)
    expect(row.type).toMatch(/^[a-z]+(?:_[a-z]+)*$/)
    expect(row.text).toMatch(/^[A-Z].*\.$/)
    expect(['info', 'warn', 'error']).toContain(row.level)
  })

  test.each(all)('%s: 401, and only 401, carries a challenge', (reason) => {
    const row = reasonRow(reason)
    expect(row.challenge === true).toBe(row.status === 401)
  })

  test.each(all)('%s has a type that fits its status, as the clients map it', (reason) => {
    const types: Readonly<Record<number, readonly string[]>> = {
      400: ['invalid_request_error'],
      401: ['authentication_error'],
      402: ['api_error'],
      403: ['permission_error'],
      404: ['not_found_error', 'invalid_request_error'],
      413: ['invalid_request_error'],
      415: ['invalid_request_error'],
      426: ['invalid_request_error'],
      429: ['rate_limit_error', 'insufficient_quota'],
      502: ['api_error'],
      503: ['api_error', 'overloaded_error'],
      504: ['api_error'],
    }
    const { status, type } = reasonRow(reason)
    expect(types[status]).toContain(type)
  })

  test.each(all)('%s: a reason that a retry may cure says when to retry', (reason) => {
    const { status, retryAfterSeconds } = reasonRow(reason)
    expect(retryAfterSeconds !== undefined).toBe([429, 503, 504].includes(status))
    // The AI SDK ignores longer ones, and tries three times at once.
    expect(retryAfterSeconds ?? 1).toBeLessThan(60)
  })

  test('is produced by some code', () => {
    const source = readAll('gatekeeper/src/**/*.ts', (file) => !isTest(file))
    const isProduced = (reason: Reason) => {
      const [first = '', ...rest] = reason.split('-')
      const isBuilt = source.includes(`\`${first}-\${`) && source.includes(`'${rest.join('-')}'`)
      return source.includes(`'${reason}'`) || isBuilt
    }
    expect(all.filter((reason) => !isProduced(reason))).toEqual([])
  })

  test('occurs in some test', () => {
    const tests = readAll('gatekeeper/{src,test}/**/*.test.ts', isTest)
    expect(all.filter((reason) => !tests.includes(`'${reason}'`))).toEqual([])
  })

  test('is explained in docs/errors.md', () => {
    const page = join(root, 'docs/errors.md')
    expect(existsSync(page), 'docs/errors.md is missing').toBe(true)
    const text = readFileSync(page, 'utf8')
    const missing = all.filter((reason) => !text.includes(`\`${reason}\``))
    expect(missing).toEqual([])
  })

  test('of the page exists: no line explains a removed reason', () => {
    const page = join(root, 'docs/errors.md')
    expect(existsSync(page), 'docs/errors.md is missing').toBe(true)
    const rows = readFileSync(page, 'utf8').match(/^\| *`[a-z-]+`/gm) ?? []
    const named = rows.map((row) => row.replace(/[|` ]/g, ''))
    expect(named.filter((name) => !(name in reasons))).toEqual([])
    expect(named.length).toBeGreaterThan(0)
  })
})

describe('a caller cannot distinguish', () => {
  // An unknown caller who guesses must not learn that a key exists, existed, or why it fails.
  const badKeys: readonly Reason[] = [
    ...(['malformed-key', 'unknown-key', 'wrong-secret', 'expired-key', 'disabled-key'] as const),
    ...(['unknown-person', 'disabled-person', 'person-without-access'] as const),
  ]

  const badTokens: readonly Reason[] = [
    ...(['malformed-token', 'unknown-issuer', 'token-type', 'token-algorithm'] as const),
    ...(['token-signature', 'token-audience', 'token-expired', 'token-not-yet-valid'] as const),
    'token-revoked',
  ]

  test('one bad key from another', () => {
    for (const reason of badKeys) expect(reasonRow(reason)).toEqual(reasonRow('unknown-key'))
    const rows401 = all.filter((reason) => reasonRow(reason).status === 401)
    expect(rows401.sort()).toEqual(
      [
        ...badKeys,
        ...badTokens,
        'no-credential',
        'wrong-scheme',
        'app-not-proven',
        'split-key-refused',
      ].sort(),
    )
  })

  test('one bad token from another', () => {
    for (const reason of badTokens) expect(reasonRow(reason)).toEqual(reasonRow('unknown-issuer'))
  })

  test('an endpoint that is not listed from one that nobody may use', () => {
    const notFound = all.filter((reason) => reasonRow(reason).code === 'not_found')
    expect(notFound).toHaveLength(3)
    for (const reason of notFound) expect(reasonRow(reason)).toEqual(reasonRow('no-route'))
  })

  test('a model that does not exist from one that is not allowed', () => {
    expect(reasonRow('model-not-found')).toEqual(reasonRow('model-not-allowed'))
    expect(reasonRow('model-not-found')).toMatchObject({ status: 404, code: 'model_not_found' })
  })
})

test.each(all)('%s: the public text quotes no reason, no name of a file, no upstream', (reason) => {
  const { text } = reasonRow(reason)
  expect(text).not.toMatch(/ollama|litellm|keys\.json|\.yaml|127\.0\.0\.1|undici|koa|node/i)
  expect(text).not.toContain(reason)
})
