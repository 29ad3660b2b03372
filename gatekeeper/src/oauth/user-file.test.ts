import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readUserName, userNameOf } from '../model/app.ts'
import { parseUserFile, usersMax } from './user-file.ts'

const parse = (users: unknown, changes: object = {}) =>
  parseUserFile(JSON.stringify({ version: 1, users, ...changes }, null, 1), 'users.json')

describe('a file of users', () => {
  it('says what differs for a user; a missing quota is left to the app', () => {
    const { users, problems } = parse({
      'my-app:ada@example.com': { dailyQuota: 5 },
      'my-app:bob': { monthlyQuota: null, disabled: true, createdAt: '2026-11-30T00:00:00Z' },
    })
    expect(problems).toEqual([])
    expect(users.get('my-app:ada@example.com')).toEqual({
      ...{ dailyQuota: 5, disabled: false, createdAt: null },
    })
    expect(users.get('my-app:bob')).toMatchObject({ monthlyQuota: null, disabled: true })
  })

  it.each([
    ...['ada', ':ada', 'my-app:', 'my-app:ab', 'my app:ada', 'my-app:a\u0000da'],
    ...['my-app:a\nda', `my-app:${'x'.repeat(129)}`, 'my-app:\ud800ada'],
  ])('%j names no user', (name) => {
    expect(parse({ [name]: {} }).problems).toHaveLength(1)
  })

  it.each(['my-app:a:b', 'my-app:x/y', 'my-app:ädä', `my-app:${'x'.repeat(128)}`, 'my-app:::: '])(
    '%j names one',
    (name) => {
      expect(parse({ [name]: {} }).problems).toEqual([])
    },
  )

  it.each([
    { dailyQuota: -1 },
    { dailyQuota: '5' },
    { dailyQuota: 1.5 },
    { monthlyQuota: 1e12 },
    { disabled: 'no' },
    { quota: 5 },
    { createdAt: 'today' },
  ])('with %j is refused at its line', (entry) => {
    const { problems } = parse({ 'my-app:ada': entry })
    expect(problems).toHaveLength(1)
    expect(problems[0]?.line).toBeGreaterThan(3)
  })

  it('is refused with another version, an unknown member or a user twice', () => {
    expect(parse({}, { version: 2 }).problems).toHaveLength(1)
    expect(parse({}, { keys: {} }).problems).toHaveLength(1)
    const twice = '{"version":1,"users":{"my-app:ada":{},"my-app:ada":{"disabled":true}}}'
    expect(parseUserFile(twice, 'f').problems).toHaveLength(1)
  })

  it('has a bounded number of users', () => {
    const names = Array.from({ length: usersMax + 1 }, (_, at) => [`my-app:user${at}`, {}] as const)
    expect(parse(Object.fromEntries(names)).problems).toHaveLength(1)
  })

  it('no two users share a name, whatever their ids contain', () => {
    const appId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{2,10}$/)
    fc.assert(
      fc.property(appId, fc.string({ minLength: 3 }), (app, userId) => {
        expect(readUserName(userNameOf(app, userId))).toEqual({ appId: app, userId })
      }),
    )
  })
})
