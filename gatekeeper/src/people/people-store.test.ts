import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ProblemsError } from '../lib/problem.ts'
import { openPeopleStore, type PeopleStore } from './people-store.ts'

let folder: string
let file: string
const opened: PeopleStore[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk-people-'))
  file = join(folder, 'people.json')
})
afterEach(async () => {
  for (const store of opened.splice(0)) store.close()
  await rm(folder, { recursive: true, force: true })
})

const ada = { name: 'ada', role: 'owner' }
const write = (people: object) => writeFile(file, JSON.stringify({ version: 1, people }))

async function open(changes: object[] = []): Promise<PeopleStore> {
  const log = { info: () => {}, error: () => {} }
  const store = await openPeopleStore({ file, log, onChange: (change) => changes.push(change) })
  opened.push(store)
  return store
}

test('without a file there is nobody, and people of a new file are found by id and name', async () => {
  const changes: object[] = []
  const store = await open(changes)
  const before = store.version()
  expect(store.all()).toEqual([])
  await write({ aaaaaaaaaa: ada })
  await store.reload()
  expect(store.find('aaaaaaaaaa')).toMatchObject({ name: 'ada' })
  expect(store.named('ada')).toMatchObject({ id: 'aaaaaaaaaa' })
  expect(store.version()).not.toBe(before)
  await write({ aaaaaaaaaa: { ...ada, disabled: true } })
  await store.reload()
  await rm(file)
  await store.reload()
  expect(store.all()).toEqual([])
  expect(changes).toEqual([
    { added: ['aaaaaaaaaa'], removed: [], changed: [] },
    { added: [], removed: [], changed: ['aaaaaaaaaa'] },
    { added: [], removed: ['aaaaaaaaaa'], changed: [] },
  ])
})

test.each(['__proto__', 'constructor', 'toString', ''])('%j is nobody', async (name) => {
  await write({ aaaaaaaaaa: ada })
  const store = await open()
  expect([store.find(name), store.named(name)]).toEqual([null, null])
})

test('a broken file stops the start', async () => {
  await writeFile(file, '{"version": 1, "people": {')
  await expect(open()).rejects.toThrow(ProblemsError)
})

test('a file that is broken later leaves the last good people in force, and says so', async () => {
  await write({ aaaaaaaaaa: ada })
  const store = await open()
  await write({ aaaaaaaaaa: { ...ada, role: 'root' } })
  await store.reload()
  expect(store.find('aaaaaaaaaa')).toMatchObject({ role: 'owner' })
  expect(store.problems()).not.toEqual([])
  await write({ aaaaaaaaaa: { ...ada, role: 'admin' } })
  await store.reload()
  expect(store.find('aaaaaaaaaa')).toMatchObject({ role: 'admin' })
  expect(store.problems()).toEqual([])
})
