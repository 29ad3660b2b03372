import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProblemsError } from '../../../gatekeeper/src/lib/problem.ts'
import { type AdminStore, adminStorePath, openAdminStore } from './admin-store.ts'

let folder: string
let path: string
const opened: AdminStore[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-admin-'))
  path = adminStorePath(folder)
})
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(): Promise<AdminStore> {
  const store = await openAdminStore(path)
  opened.push(store)
  return store
}

async function close(): Promise<void> {
  for (const store of opened.splice(0)) await store.close()
}

const keep = (store: AdminStore) =>
  store.queries.insertInto('kept').values({ name: 'rp', value: 'x' }).execute()
const kept = (store: AdminStore) => store.queries.selectFrom('kept').selectAll().execute()

test('only this user can read it, and what was written is there at the next start', async () => {
  await keep(await open())
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  await close()
  await chmod(path, 0o644)
  expect(await kept(await open())).toEqual([{ name: 'rp', value: 'x' }])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('two processes use it at the same time', async () => {
  const [one, other] = [await open(), await open()]
  await keep(one)
  expect(await kept(other)).toHaveLength(1)
})

describe('a file that is not ours, or not whole, is a problem and stays as it is', () => {
  const refused = async () => {
    await expect(open()).rejects.toThrow(ProblemsError)
  }

  test('empty', async () => {
    mkdirSync(dirname(path))
    writeFileSync(path, '')
    await refused()
    expect(statSync(path).size).toBe(0)
  })

  test('not a database', async () => {
    mkdirSync(dirname(path))
    writeFileSync(path, 'x'.repeat(10_000))
    await refused()
    expect(await readFile(path, 'utf8')).toBe('x'.repeat(10_000))
  })

  test("another program's", async () => {
    mkdirSync(dirname(path))
    const other = new DatabaseSync(path)
    other.exec('CREATE TABLE theirs (id)')
    other.close()
    await refused()
  })

  test("a newer Gatekeeper's", async () => {
    const store = await open()
    store.database.exec(`INSERT INTO kysely_migration VALUES ('9999-later', '2030-01-01')`)
    await close()
    await refused()
  })

  test('damaged', async () => {
    const store = await open()
    await keep(store)
    await close()
    const bytes = await readFile(path)
    bytes.fill(0xff, 4096, 60_000)
    await writeFile(path, bytes)
    await refused()
  })

  test('a link', async () => {
    await open()
    await close()
    const elsewhere = join(folder, 'elsewhere.db')
    writeFileSync(elsewhere, await readFile(path))
    rmSync(path)
    symlinkSync(elsewhere, path)
    await refused()
  })

  test('a file that is gone while its log is there', async () => {
    await keep(await open())
    await close()
    rmSync(path)
    writeFileSync(`${path}-wal`, '')
    await refused()
  })
})
