import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeyAct } from './key-act.ts'
import { importPlainKeys } from './key-import.ts'
import { addKey, editKey, removeKey, rotateKey, setDisabled } from './key-writer.ts'

let folder: string
let acts: KeyAct[]
let isFull: boolean
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk-acts-'))
  acts = []
  isFull = false
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const file = () => join(folder, 'keys.json')
const text = () => readFile(file(), 'utf8').catch(() => '')
const deps = {
  clock: () => 1000,
  known: { serviceNameOf: (name: string) => name },
  record: (told: readonly KeyAct[]) => {
    if (isFull) return Promise.reject(new Error('full'))
    acts.push(...told)
    return Promise.resolve()
  },
}
const ada = { user: 'ada', role: 'readwrite', services: ['tts'], expiresAt: null } as const

describe('a change of keys', () => {
  it('is recorded before it is written, with id and names of members, and without a secret', async () => {
    const { id, key } = await addKey(file(), ada, deps)
    const { key: next } = await rotateKey(file(), { id, overlapMs: 0 }, deps)
    await editKey(file(), { id, change: { weight: 2, models: ['a:*'] } }, deps)
    await setDisabled(file(), { id, disabled: true }, deps)
    await setDisabled(file(), { id, disabled: false }, deps)
    await removeKey(file(), id, deps)
    const parts = { key: id, owner: 'ada', role: 'readwrite', services: ['tts'] }
    expect(acts).toEqual([
      { event: 'key.added', ...parts },
      { event: 'key.rotated', ...parts, members: ['secrets'] },
      { event: 'key.edited', ...parts, members: ['models', 'weight'] },
      { event: 'key.disabled', ...parts, members: ['disabled'] },
      { event: 'key.enabled', ...parts, members: ['disabled'] },
      { event: 'key.removed', ...parts },
    ])
    for (const secret of [key, next]) expect(JSON.stringify(acts)).not.toContain(secret.slice(14))
  })

  it('of the user records the previous user of the key', async () => {
    const { id } = await addKey(file(), ada, deps)
    await editKey(file(), { id, change: { user: 'eve', description: 'x', tags: ['a'] } }, deps)
    const members = ['user', 'tags', 'description']
    expect(acts.at(-1)).toMatchObject({ owner: 'eve', formerOwner: 'ada', members })
  })

  it('that changes nothing is not recorded', async () => {
    const { id } = await addKey(file(), ada, deps)
    await setDisabled(file(), { id, disabled: false }, deps)
    expect(acts).toHaveLength(1)
  })

  it('of an import is recorded key by key', async () => {
    const key = (at: number) => `r4nd0m${at}KzTqWv83bNfYx7LmPsRd5HcGjEa2U9oI`
    const entry = { user: 'old', service: 'tts', created_at: '2024-01-01' }
    const plain = JSON.stringify({ [key(1)]: entry, [key(2)]: entry })
    await importPlainKeys(file(), { text: plain, source: 'plain.json' }, deps)
    expect(acts.map(({ event }) => event)).toEqual(['key.added', 'key.added'])
    expect(JSON.stringify(acts)).not.toContain('KzTqWv83bNfYx7')
  })

  it('that cannot be recorded is not made', async () => {
    const { id } = await addKey(file(), ada, deps)
    const before = await text()
    isFull = true
    await expect(removeKey(file(), id, deps)).rejects.toThrow('full')
    await expect(addKey(file(), ada, deps)).rejects.toThrow('full')
    expect(await text()).toBe(before)
  })

  it('that was recorded and could not be written is recorded again as failed', async () => {
    const { id } = await addKey(file(), ada, deps)
    const taken = {
      ...deps,
      record: async (told: readonly KeyAct[]) => {
        await deps.record(told)
        await rm(`${file()}.lock`, { force: true })
      },
    }
    await expect(removeKey(file(), id, taken)).rejects.toThrow('taken over')
    expect(acts.slice(1)).toEqual([
      expect.objectContaining({ event: 'key.removed', key: id }),
      { event: 'keys.unwritten', keys: [id] },
    ])
  })
})
