import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hashKey } from '../../api-keys/api-key.ts'
import { createKeyRing } from '../../api-keys/key-ring.ts'
import { ProblemsError } from '../../lib/problem.ts'
import { type Limit, parseLimit } from '../../model/limit.ts'
import { readKeyFile } from './key-document.ts'
import {
  addKey,
  disableKeys,
  editKey,
  type KeyMembers,
  removeKey,
  rotateKey,
  setDisabled,
  TakenKeyIdError,
  UnknownKeyError,
} from './key-writer.ts'

let folder: string
let file: string
let now: number

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-writer-'))
  file = join(folder, 'keys', 'keys.json')
  now = Date.UTC(2026, 10, 22)
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const known = { serviceNameOf: (name: string) => (name === 'chat' ? 'ollama' : name) }
const deps = { clock: () => now, known }
const ada: KeyMembers = { user: 'ada', role: 'readwrite', services: ['ollama'], expiresAt: null }

async function authenticate(credential: string) {
  const read = await readKeyFile(file, known)
  return createKeyRing(read?.keys ?? []).authenticate(credential, now)
}

test('an added key is valid, and the file holds only its hash', async () => {
  const { id, key } = await addKey(file, { ...ada, expiresAt: now + 1000 }, deps)
  expect(await authenticate(key)).toMatchObject({
    id: `key:${id}`,
    user: 'ada',
    expiresAt: now + 1000,
  })
  const text = await readFile(file, 'utf8')
  expect(text).toContain(hashKey(key))
  expect(text).not.toContain(key.slice(14))
  expect(await readdir(join(folder, 'keys'))).toEqual(['keys.json'])
})

test('an edited key keeps its secret and the members that the edit does not name', async () => {
  const limits = [parseLimit('60/min') as Limit]
  const { id, key } = await addKey(file, { ...ada, limits, weight: 2, models: ['a:*'] }, deps)
  expect(await authenticate(key)).toMatchObject({ limits, weight: 2, models: ['a:*'] })
  await editKey(file, { id, change: { limits: [], cloudModels: true } }, deps)
  expect(await authenticate(key)).toMatchObject({
    ...{ limits: [], weight: 2, models: ['a:*'], cloudModels: true },
  })
  await expect(editKey(file, { id: 'zzzzz01234', change: {} }, deps)).rejects.toThrow(
    UnknownKeyError,
  )
})

test('ten concurrent additions lose no key', async () => {
  const made = await Promise.all(Array.from({ length: 10 }, () => addKey(file, ada, deps)))
  for (const { key } of made) expect(await authenticate(key)).toMatchObject({ user: 'ada' })
})

test('rotation without overlap: the old secret cannot be used any more', async () => {
  const { id, key } = await addKey(file, ada, deps)
  const renewed = await rotateKey(file, { id, overlapMs: 0 }, deps)
  expect(renewed.id).toBe(id)
  expect(await authenticate(key)).toBe('wrong-secret')
  expect(await authenticate(renewed.key)).toMatchObject({ id: `key:${id}` })
})

test('rotation with overlap: both are valid, the old one until its end; a third replaces the oldest', async () => {
  const { id, key } = await addKey(file, ada, deps)
  const second = await rotateKey(file, { id, overlapMs: 1000 }, deps)
  expect(await authenticate(key)).toMatchObject({ expiresAt: now + 1000 })
  const third = await rotateKey(file, { id, overlapMs: 5000 }, deps)
  expect(await authenticate(key)).toBe('wrong-secret')
  expect(await authenticate(second.key)).toMatchObject({ expiresAt: now + 5000 })
  expect(await authenticate(third.key)).toMatchObject({ expiresAt: null })
  now += 5000
  expect(await authenticate(second.key)).toBe('expired-key')
})

test('a key is disabled, enabled and removed', async () => {
  const { id, key } = await addKey(file, ada, deps)
  await setDisabled(file, { id, disabled: true }, deps)
  expect(await authenticate(key)).toBe('disabled-key')
  await setDisabled(file, { id, disabled: false }, deps)
  expect(await authenticate(key)).toMatchObject({ user: 'ada' })
  await removeKey(file, id, deps)
  expect(await authenticate(key)).toBe('unknown-key')
})

test.each(['nobody0000', '__proto__', 'constructor', ''])('there is no key %j', async (id) => {
  await addKey(file, ada, deps)
  await expect(removeKey(file, id, deps)).rejects.toThrow(UnknownKeyError)
  await expect(setDisabled(file, { id, disabled: true }, deps)).rejects.toThrow(UnknownKeyError)
  await expect(rotateKey(file, { id, overlapMs: 0 }, deps)).rejects.toThrow(UnknownKeyError)
})

describe('a file is not written when', () => {
  test.each([
    ['broken', '{"version":1,'],
    ['of another version', '{"version":2,"keys":{}}'],
    ['a plain map', '{"some-key":{"user":"ada","service":"tts"}}'],
  ])('it is %s', async (_, text) => {
    file = join(folder, 'keys.json')
    await writeFile(file, text)
    await expect(addKey(file, ada, deps)).rejects.toThrow(ProblemsError)
    expect(await readFile(file, 'utf8')).toBe(text)
    expect(await readdir(folder)).toEqual(['keys.json'])
  })

  test('the service would refuse it', async () => {
    const bad = { ...ada, addresses: ['10.0.0.0/99'] }
    await expect(addKey(file, bad, deps)).rejects.toThrow(ProblemsError)
    expect(await readKeyFile(file, known)).toBeNull()
  })
})

test('services that the config does not know stay when a person wrote them', async () => {
  await addKey(file, { ...ada, services: ['gone'] }, deps)
  const strict = { serviceNameOf: (name: string) => (name === 'gone' ? null : name) }
  await addKey(file, ada, { ...deps, known: strict })
  expect(await readFile(file, 'utf8')).toContain('"gone"')
})

test('a key gets the id that its maker drew, once: a second key of the id changes nothing', async () => {
  const wanted = { ...ada, id: 'abcde01234', noExpiryReason: 'a wall display' }
  const made = await addKey(file, wanted, deps)
  expect(made).toMatchObject({ id: 'abcde01234', key: expect.stringMatching(/^gk_abcde01234_/) })
  await expect(addKey(file, wanted, deps)).rejects.toThrow(TakenKeyIdError)
  expect(await authenticate(made.key)).toMatchObject({ id: 'key:abcde01234' })
  expect((await readKeyFile(file, known))?.keys[0]).toMatchObject({
    noExpiryReason: 'a wall display',
  })
})

test('the reason of a key without an end goes when it gets an end', async () => {
  const { id } = await addKey(file, { ...ada, noExpiryReason: 'a wall display' }, deps)
  await editKey(file, { id, change: { expiresAt: now + 1000 } }, deps)
  expect((await readKeyFile(file, known))?.keys[0]).toMatchObject({ noExpiryReason: null })
})

test('what the judge throws refuses the change, for the document as it is under the lock', async () => {
  const { id } = await addKey(file, ada, deps)
  const before = await readFile(file, 'utf8')
  const judge = (document: { readonly keys: object }) => {
    if (Object.hasOwn(document.keys, id)) throw new Error('judged')
  }
  const judging = { ...deps, judge }
  await expect(editKey(file, { id, change: { weight: 2 } }, judging)).rejects.toThrow('judged')
  await expect(rotateKey(file, { id, overlapMs: 0 }, judging)).rejects.toThrow('judged')
  await expect(disableKeys(file, { ids: [id], isMeant: () => true }, judging)).rejects.toThrow(
    'judged',
  )
  await expect(removeKey(file, id, judging)).rejects.toThrow('judged')
  expect(await readFile(file, 'utf8')).toBe(before)
})

test('several keys are disabled in one change, and unknown ids are left out', async () => {
  const [one, other] = [await addKey(file, ada, deps), await addKey(file, ada, deps)]
  const eve = await addKey(file, { ...ada, user: 'eve' }, deps)
  const ids = [one.id, '0000000000', eve.id, other.id]
  const done = await disableKeys(file, { ids, isMeant: ({ user }) => user === 'ada' }, deps)
  expect(done).toEqual([one.id, other.id])
  expect(await authenticate(eve.key)).toMatchObject({ user: 'eve' })
  expect(await authenticate(one.key)).toBe('disabled-key')
})
