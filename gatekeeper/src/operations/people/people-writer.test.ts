import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProblemsError } from '../../lib/problem.ts'
import {
  addLogin,
  addPerson,
  changePerson,
  type NewPerson,
  type PersonAct,
  readPeople,
  removeLogin,
  removePerson,
} from './people-writer.ts'

let folder: string
let file: string
let acts: PersonAct[]
const now = Date.UTC(2026, 10, 30)
const deps = {
  clock: () => now,
  record: async (these: readonly PersonAct[]) => void acts.push(...these),
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk-people-'))
  file = join(folder, 'people.json')
  acts = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const add = (over: Partial<NewPerson> = {}) =>
  addPerson(file, { name: 'ada', title: null, role: 'owner', access: null, ...over }, deps)

test('a person is added with an id and no right beyond what is given', async () => {
  const ada = await add()
  expect(ada).toMatchObject({ name: 'ada', role: 'owner', access: null, createdAt: now })
  expect(await readPeople(file)).toEqual([ada])
})

test('every change is on record before it is made, with what changed', async () => {
  const { id } = await add()
  const bob = await add({ name: 'bob', role: 'member' })
  await changePerson(file, { id: bob.id, change: { title: 'Bob', role: 'auditor' } }, deps)
  await changePerson(file, { id: bob.id, change: { disabled: true } }, deps)
  await changePerson(file, { id: bob.id, change: { disabled: false } }, deps)
  await removePerson(file, { id: bob.id }, deps)
  const person = bob.id
  expect(acts).toEqual([
    { event: 'person.added', person: id, user: 'ada', role: 'owner' },
    { event: 'person.added', person, user: 'bob', role: 'member' },
    { event: 'person.changed', person, user: 'bob', role: 'auditor', members: ['title', 'role'] },
    { event: 'person.disabled', person, user: 'bob', role: 'auditor', members: ['disabled'] },
    { event: 'person.changed', person, user: 'bob', role: 'auditor', members: ['disabled'] },
    { event: 'person.removed', person, user: 'bob', role: 'auditor' },
  ])
  const before = await readFile(file, 'utf8')
  const record = () => Promise.reject(new Error('the disk is full'))
  const change = { title: 'Ada' }
  await expect(changePerson(file, { id, change }, { ...deps, record })).rejects.toThrow('full')
  expect(await readFile(file, 'utf8')).toBe(before)
})

test('a change that changes nothing is no act', async () => {
  const { id } = await add()
  acts = []
  await changePerson(file, { id, change: { title: null } }, deps)
  expect(acts).toEqual([])
})

test('a name is given once', async () => {
  await add()
  await expect(add({ role: 'member' })).rejects.toMatchObject({ code: 'exists' })
})

test.each(['0000000000', '__proto__', 'constructor'])('%s is nobody to change', async (id) => {
  await add()
  const change = { role: 'admin' } as const
  await expect(changePerson(file, { id, change }, deps)).rejects.toMatchObject({ code: 'unknown' })
  await expect(removePerson(file, { id }, deps)).rejects.toMatchObject({ code: 'unknown' })
})

test('what is confirmed is the person as found under the lock', async () => {
  const { id } = await add()
  const confirm = ({ name }: { readonly name: string }) => {
    throw new Error(`not ${name}`)
  }
  await expect(changePerson(file, { id, change: { title: 'x' }, confirm }, deps)).rejects.toThrow(
    'not ada',
  )
  expect(await readPeople(file)).toMatchObject([{ title: null }])
})

describe('the last enabled owner', () => {
  test('cannot be demoted, disabled or removed', async () => {
    const { id } = await add()
    const off = await add({ name: 'eve' })
    await changePerson(file, { id: off.id, change: { disabled: true } }, deps)
    const refused = { code: 'last_owner' }
    const changed = (change: object) => changePerson(file, { id, change }, deps)
    await expect(changed({ role: 'admin' })).rejects.toMatchObject(refused)
    await expect(changed({ disabled: true })).rejects.toMatchObject(refused)
    await expect(removePerson(file, { id }, deps)).rejects.toMatchObject(refused)
    expect(await readPeople(file)).toMatchObject([{ role: 'owner', disabled: false }, {}])
  })

  test('stays after 500 demotions at the same time', async () => {
    const people = Object.fromEntries(
      Array.from({ length: 500 }, (_, at) => [
        `o${String(at).padStart(9, '0')}`,
        { name: `owner ${at}`, role: 'owner' },
      ]),
    )
    await writeFile(file, JSON.stringify({ version: 1, people }))
    const demoted = await Promise.allSettled(
      Object.keys(people).map((id) => changePerson(file, { id, change: { role: 'member' } }, deps)),
    )
    const left = (await readPeople(file)).filter(({ role }) => role === 'owner')
    expect(left).toHaveLength(1)
    expect(demoted.filter(({ status }) => status === 'rejected')).toHaveLength(1)
  }, 120_000)
})

test('an account signs in as one person', async () => {
  const { id } = await add()
  const bob = await add({ name: 'bob', role: 'member' })
  const login = { provider: 'github', subject: '4711' }
  await addLogin(file, { id: bob.id, login }, deps)
  await expect(addLogin(file, { id, login }, deps)).rejects.toMatchObject({ code: 'login_exists' })
  await removeLogin(file, { id: bob.id, login }, deps)
  expect(await addLogin(file, { id, login }, deps)).toMatchObject({ logins: [login] })
})

test('a document that the service refuses is not written over', async () => {
  await writeFile(file, '{"version": 1, "people": {"aaaaaaaaaa": {"name": "ada", "role": "root"}}}')
  await expect(add()).rejects.toThrow(ProblemsError)
  await expect(add({ name: 'a:b' })).rejects.toThrow(ProblemsError)
})
