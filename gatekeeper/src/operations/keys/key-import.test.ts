import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createKeyRing } from '../../api-keys/key-ring.ts'
import { ProblemsError } from '../../lib/problem.ts'
import { readKeyFile } from './key-document.ts'
import { importPlainKeys } from './key-import.ts'
import { rotateKey } from './key-writer.ts'

let folder: string
let file: string
const now = Date.UTC(2026, 10, 22)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-import-'))
  file = join(folder, 'keys', 'keys.json')
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const known = { serviceNameOf: (name: string) => (name === 'chat' ? 'ollama' : name) }
const deps = { clock: () => now, known }

async function authenticate(credential: string) {
  const read = await readKeyFile(file, known)
  return createKeyRing(read?.keys ?? []).authenticate(credential, now)
}

describe('importPlainKeys', () => {
  const random = '8f14e45fceea167a5a36dedd4bea2543'
  const entry = { user: 'bob', service: 'chat', created_at: '2025-01-01T00:00:00' }
  const plainOf = (map: object) => ({ text: JSON.stringify(map, null, 2), source: 'plain.json' })

  test('an imported key stays valid for its services, under its own id', async () => {
    const outcome = await importPlainKeys(file, plainOf({ [random]: entry }), deps)
    expect(outcome).toEqual({
      imported: [{ id: 'plain-bob-chat', user: 'bob', service: 'chat' }],
      refused: [],
      membersLeft: [],
      repeatedCount: 0,
    })
    expect(await authenticate(random)).toMatchObject({
      id: 'key:plain-bob-chat',
      services: ['ollama'],
    })
    expect(await readFile(file, 'utf8')).not.toContain(random)
  })

  test('K3: description, expiry and state are imported, and other members are listed and skipped', async () => {
    const more = { description: 'old laptop', expires_at: '2099-01-01', disabled: true, notes: 'x' }
    const outcome = await importPlainKeys(file, plainOf({ [random]: { ...entry, ...more } }), deps)
    expect(outcome.membersLeft).toEqual(['notes'])
    const [key] = (await readKeyFile(file, known))?.keys ?? []
    expect(key).toMatchObject({ description: 'old laptop', disabled: true })
    expect(key?.expiresAt).toBe(Date.UTC(2099, 0, 1))
  })

  test('keys that people chose are refused with line, user and service; the rest is imported', async () => {
    const map = { [random]: entry, 'ada-tts-2024': { ...entry, user: 'ada' }, 'a.b.c': entry }
    const outcome = await importPlainKeys(file, plainOf(map), deps)
    expect(outcome.imported).toHaveLength(1)
    expect(outcome.refused).toMatchObject([
      { line: 7, user: 'ada', service: 'chat', why: expect.stringContaining('easy to guess') },
      { line: 12, user: 'bob', why: expect.stringContaining('another credential') },
    ])
    expect(JSON.stringify(outcome)).not.toContain('ada-tts')
  })

  test('a second import changes nothing', async () => {
    await importPlainKeys(file, plainOf({ [random]: entry }), deps)
    const again = await importPlainKeys(file, plainOf({ [random]: entry }), deps)
    expect(again).toMatchObject({ imported: [], repeatedCount: 1 })
  })

  test('ids that exist already get a number', async () => {
    const other = '1c383cd30b7c298ab50293adfecb7b18'
    await importPlainKeys(file, plainOf({ [random]: entry }), deps)
    const { imported } = await importPlainKeys(file, plainOf({ [other]: entry }), deps)
    expect(imported[0]?.id).toBe('plain-bob-chat-2')
    expect(await authenticate(random)).toMatchObject({ id: 'key:plain-bob-chat' })
  })

  test('a disabled key stays disabled', async () => {
    const off = { ...entry, active: false, expires_at: '2026-01-01' }
    await importPlainKeys(file, plainOf({ [random]: off }), deps)
    expect(await authenticate(random)).toBe('disabled-key')
  })

  test('a file that is broken or already hashed is refused whole', async () => {
    const hashed = plainOf({ version: 1, keys: {} })
    for (const plain of [{ text: '{', source: 'f' }, hashed, plainOf({ '': entry })]) {
      await expect(importPlainKeys(file, plain, deps)).rejects.toThrow(ProblemsError)
    }
    expect(await readKeyFile(file, known)).toBeNull()
  })

  test('an imported key cannot be rotated, and the message says what to do', async () => {
    await importPlainKeys(file, plainOf({ [random]: entry }), deps)
    const rotation = rotateKey(file, { id: 'plain-bob-chat', overlapMs: 0 }, deps)
    await expect(rotation).rejects.toThrow(/add a new key/)
    expect(await authenticate(random)).toMatchObject({ user: 'bob' })
  })
})
