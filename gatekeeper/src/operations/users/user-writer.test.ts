import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createUser, readUsers, removeUser, setQuota, type UserAct } from './user-writer.ts'

let folder: string
let file: string
let acts: UserAct[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'users-'))
  file = join(folder, 'users.json')
  acts = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const deps = {
  clock: () => Date.parse('2026-11-30T10:00:00Z'),
  record: async (made: readonly UserAct[]) => void acts.push(...made),
}
const user = 'my-app:ada'

describe('users.json', () => {
  it('is written by creating, changing and removing a user, each on record first', async () => {
    await createUser(file, { user, dailyQuota: 5 }, deps)
    await setQuota(file, { user, monthlyQuota: null }, deps)
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      version: 1,
      users: {
        [user]: { dailyQuota: 5, monthlyQuota: null, createdAt: '2026-11-30T10:00:00.000Z' },
      },
    })
    expect((await readUsers(file)).get(user)).toMatchObject({ dailyQuota: 5, disabled: false })
    await removeUser(file, user, deps)
    expect([...(await readUsers(file))]).toEqual([])
    const events = acts.map(({ event }) => event)
    expect(events).toEqual(['user.created', 'user.quota_changed', 'user.removed'])
  })

  it('refuses a second user of one name, and changes of one that is missing', async () => {
    await createUser(file, { user }, deps)
    await expect(createUser(file, { user }, deps)).rejects.toMatchObject({ exists: true })
    const other = 'my-app:bob'
    await expect(setQuota(file, { user: other }, deps)).rejects.toMatchObject({ exists: false })
    await expect(removeUser(file, other, deps)).rejects.toMatchObject({ exists: false })
    await expect(removeUser(file, '__proto__', deps)).rejects.toMatchObject({ exists: false })
  })

  it('never writes what the gatekeeper would refuse, nor over what it refuses now', async () => {
    await expect(createUser(file, { user: 'ada' }, deps)).rejects.toThrow('is not a user')
    await expect(createUser(file, { user, dailyQuota: -1 }, deps)).rejects.toThrow('dailyQuota')
    await expect(readFile(file)).rejects.toThrow('ENOENT')
    await writeFile(file, '{"version":1,"users":')
    await expect(createUser(file, { user }, deps)).rejects.toThrow('users.json')
    expect(await readFile(file, 'utf8')).toBe('{"version":1,"users":')
    expect(acts).toEqual([])
  })

  it('is not changed if the change cannot be recorded', async () => {
    const record = () => Promise.reject(new Error('the disk is full'))
    await expect(createUser(file, { user }, { ...deps, record })).rejects.toThrow('full')
    await expect(readFile(file)).rejects.toThrow('ENOENT')
  })
})
