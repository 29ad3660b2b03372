import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { UnrecordedError } from './record-acts.ts'
import { createUnrecordedActs, type UnrecordedActs } from './unrecorded-acts.ts'

let folder: string
let isFull: boolean
let recorded: Readonly<Record<string, unknown>>[]
let unrecorded: UnrecordedActs
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk-unrecorded-'))
  isFull = true
  recorded = []
  unrecorded = createUnrecordedActs(
    async (acts) => {
      if (isFull) throw new UnrecordedError('audit', 'ENOSPC')
      recorded.push(...acts)
    },
    { folder, clock: () => Date.UTC(2026, 10, 30) },
  )
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('an act that takes rights away waits in a file, and is recorded before the next one', async () => {
  await unrecorded.recordEnded([{ event: 'key.disabled', key: 'a' }])
  expect(await unrecorded.isWaiting()).toBe(true)
  await expect(unrecorded.record([{ event: 'key.added' }])).rejects.toThrow(UnrecordedError)
  isFull = false
  await unrecorded.record([{ event: 'key.edited' }])
  expect(recorded).toMatchObject([
    { event: 'key.disabled', key: 'a', late: true, happenedAt: '2026-11-30T00:00:00.000Z' },
    { event: 'key.edited' },
  ])
  expect(await unrecorded.isWaiting()).toBe(false)
  expect(await readdir(folder)).toEqual([])
})

test('a file with something else in it stops nothing', async () => {
  await writeFile(join(folder, `unrecorded-acts-1-${'0'.repeat(36)}.json`), '[1')
  isFull = false
  await unrecorded.record([{ event: 'key.edited' }])
  expect(recorded).toMatchObject([{ event: 'key.edited' }])
})

test('what cannot be written down at all is refused', async () => {
  await rm(folder, { recursive: true })
  await expect(unrecorded.recordEnded([{ event: 'key.disabled' }])).rejects.toThrow('ENOENT')
})
