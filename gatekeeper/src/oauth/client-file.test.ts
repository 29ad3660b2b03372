import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseClientFile } from './client-file.ts'

const sha256 = 'a'.repeat(64)
const whole = {
  role: 'readwrite',
  services: ['litellm'],
  scopes: ['chat'],
  secrets: [{ sha256, createdAt: '2026-11-22T00:00:00Z', expiresAt: null }],
  limits: ['60/min'],
  models: ['llama3.2:*'],
}
const parse = (clients: unknown, changes: object = {}) =>
  parseClientFile(JSON.stringify({ version: 1, clients, ...changes }, null, 1), 'clients.json')

describe('a file of clients', () => {
  it('is read whole, with defaults for missing members', () => {
    const { clients, problems } = parse({
      app: whole,
      min: { role: 'admin', secrets: [{ sha256 }] },
    })
    expect(problems).toEqual([])
    expect(clients[0]).toMatchObject({ id: 'app', limits: [{ amount: 60 }], disabled: false })
    expect(clients[1]).toMatchObject({ services: [], scopes: ['chat'], tokenSeconds: null })
  })

  it('gives all problems, each with its line', () => {
    const { clients, problems } = parse({
      app: { ...whole, role: 'root', limits: ['60 per minute'], colour: 'red' },
      other: { ...whole, secrets: [{ sha256: 'A'.repeat(64) }], tokenSeconds: 5 },
    })
    expect(clients).toEqual([])
    expect(problems.map(({ what }) => what)).toEqual([
      'role: must be one of readonly, readwrite, admin',
      expect.stringContaining('limits.0: must be a limit'),
      expect.stringContaining('unknown member; allowed members are role, services'),
      expect.stringContaining('secrets.0.sha256: must be the SHA-256'),
      'tokenSeconds: must be at least 30',
    ])
    for (const problem of problems) expect(problem.line).toBeGreaterThan(3)
  })

  it.each(['a:b', 'a b', '', '.a', 'a/b', 'ä', 'x'.repeat(101)])('%j is not an id', (id) => {
    expect(parse({ [id]: whole }).problems).toHaveLength(1)
  })

  it.each([{ version: 2 }, { keys: {} }, { clients: [] }, { clients: null }])(
    'with %j is refused',
    (changes) => {
      expect(parse({ app: whole }, changes).problems.length).toBeGreaterThan(0)
    },
  )

  it('with a client or a member twice is refused, since parsers disagree which one counts', () => {
    const one = JSON.stringify(whole)
    const twice = `{"version":1,"clients":{"app":${one},\n"app":${one}}}`
    expect(parseClientFile(twice, 'f').problems).toMatchObject([{ line: 2 }])
  })

  it('has apps with the quotas and lists as shipped', () => {
    const { clients, problems } = parse({ 'my-app': { ...whole, app: {} }, other: whole })
    expect(problems).toEqual([])
    expect(clients[0]?.app).toEqual({
      ...{ public: false, tokenDays: 7, dailyQuota: 100, monthlyQuota: 3000, totalPerDay: null },
      ...{ origins: [], allowNoOrigin: true, providers: [], models: [] },
    })
    expect(clients[1]?.app).toBeNull()
  })

  it.each([
    [{ app: { public: true, totalPerDay: 10 } }, 'secrets: must be empty'],
    [{ app: { public: true }, secrets: [] }, 'app.totalPerDay: is missing'],
    [{ app: {}, secrets: [] }, 'secrets: must have at least 1 entry'],
    [{ secrets: [] }, 'secrets: must have at least 1 entry'],
    [{ app: { tokenDays: 91 } }, 'app.tokenDays'],
    [{ app: { tokenDays: 0 } }, 'app.tokenDays'],
    [{ app: { dailyQuota: -1 } }, 'app.dailyQuota'],
    [{ app: { monthlyQuota: 1.5 } }, 'app.monthlyQuota'],
    [{ app: { dailyQuota: '100' } }, 'app.dailyQuota'],
    [{ app: { origins: ['*'] } }, 'app.origins.0: must be a web origin'],
    [{ app: { origins: ['https://a.example/path'] } }, 'app.origins.0'],
    [{ app: { colour: 'red' } }, 'unknown member; allowed members are public'],
  ])('with the app %j does not load', (changes, what) => {
    const { clients, problems } = parse({ 'my-app': { ...whole, ...changes } })
    expect(clients).toEqual([])
    expect(problems).toMatchObject([{ what: expect.stringContaining(what) }])
  })

  it('has no app with an id that the token route refuses as too short', () => {
    expect(parse({ ab: { ...whole, app: {} } }).problems).toHaveLength(1)
  })

  it('takes a public app without a secret, and quotas of none and of nothing', () => {
    const app = { public: true, totalPerDay: 0, dailyQuota: null, monthlyQuota: 0 }
    const { clients, problems } = parse({ kiosk: { role: 'readwrite', app } })
    expect(problems).toEqual([])
    expect(clients[0]).toMatchObject({ secrets: [], app })
  })

  it('never quotes a secret in the wrong place, and never throws', () => {
    const secret = 'gs_not-for-logs'
    fc.assert(
      fc.property(fc.json(), (json) => {
        const text = json.replaceAll('a', secret)
        const { problems } = parseClientFile(text, 'f')
        expect(JSON.stringify(problems)).not.toContain(secret)
      }),
      { numRuns: 2_000 },
    )
    for (const wrong of [{ [secret]: whole }, { app: { ...whole, [secret]: 1 } }]) {
      expect(JSON.stringify(parse(wrong).problems)).not.toContain(secret)
    }
    const values = ['role', 'services', 'scopes', 'secrets', 'limits', 'tokenSeconds', 'disabled']
    for (const name of values) {
      const { problems } = parse({ app: { ...whole, [name]: `${secret} x` } })
      expect(problems.length).toBeGreaterThan(0)
      expect(JSON.stringify(problems)).not.toContain(secret)
    }
  })
})
