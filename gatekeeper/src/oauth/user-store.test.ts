import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { waitUntil } from '../../test/support/child.ts'
import { openUserStore, type UserStore } from './user-store.ts'

let folder: string
let file: string
let store: UserStore | null = null
const log = { error: () => {} }
const limit = { limitMs: 10_000, describe: () => 'no reload' }

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'users-'))
  file = join(folder, 'users.json')
})
afterEach(async () => {
  store?.close()
  store = null
  await rm(folder, { recursive: true, force: true })
})

const write = (users: object) => writeFile(file, JSON.stringify({ version: 1, users }))

describe('the store of users', () => {
  it('has no exception without a file, and those of a file soon after it is written', async () => {
    store = await openUserStore({ file, log })
    expect(store.find('my-app:ada')).toBeNull()
    await write({ 'my-app:ada': { disabled: true } })
    await waitUntil(() => store?.find('my-app:ada')?.disabled === true, limit)
  })

  it('keeps the last good users while the file is broken, and says so', async () => {
    await write({ 'my-app:ada': { disabled: true } })
    store = await openUserStore({ file, log })
    await writeFile(file, '{')
    await waitUntil(() => (store?.problems().length ?? 0) > 0, limit)
    expect(store.find('my-app:ada')?.disabled).toBe(true)
  })

  it('does not open a broken file', async () => {
    await writeFile(file, '{"version":1}')
    await expect(openUserStore({ file, log })).rejects.toThrow('users.json')
  })
})
