import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ProblemsError } from '../problem.ts'
import { type FollowDeps, type FollowedFile, followFile } from './follow-file.ts'

let folder: string
let path: string
const opened: FollowedFile<number>[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk-follow-'))
  path = join(folder, 'number')
})
afterEach(async () => {
  for (const file of opened.splice(0)) file.close()
  await rm(folder, { recursive: true, force: true })
})

async function open(changes: Partial<FollowDeps<number>> = {}): Promise<FollowedFile<number>> {
  const file = await followFile({
    path,
    interpret: (text) => {
      if (text === 'fault') throw new TypeError(text)
      if (/^\d+$/.test(text)) return Number(text)
      throw new ProblemsError([{ source: path, what: 'is not a number', remedy: 'Write one.' }])
    },
    absent: (last) => last ?? 0,
    unreadable: (code) => ({ source: path, what: `cannot be read (${code})`, remedy: '' }),
    ...changes,
  })
  opened.push(file)
  return file
}

async function write(file: FollowedFile<number>, text: string | Buffer): Promise<void> {
  await writeFile(path, text)
  await file.reload()
}

test('the last good value stays in force, and the problem gives the cause', async () => {
  await writeFile(path, '1')
  const file = await open()
  const versions = [file.version()]
  for (const [text, what] of [
    ['x', 'is not a number'],
    [Buffer.from([0xff, 0xfe]), 'cannot be read (utf-16)'],
  ] as const) {
    await write(file, text)
    expect([file.current(), file.problems()[0]?.what]).toEqual([1, what])
    versions.push(file.version())
  }
  await write(file, '2')
  expect([file.current(), file.problems()]).toEqual([2, []])
  await rm(path)
  await file.reload()
  expect([file.current(), file.problems()]).toEqual([2, []])
  expect(new Set(versions).size).toBe(3)
})

test('a fault in one state is a problem that does not quote the file; the next one counts', async () => {
  await writeFile(path, '1')
  const seen: number[] = []
  const file = await open({
    onChange: (before) => {
      seen.push(before)
      if (before === 1) throw new RangeError('fault')
    },
  })
  await write(file, 'fault')
  expect(file.problems()).toMatchObject([{ what: 'cannot be interpreted (RangeError)' }])
  await write(file, '2')
  await write(file, '3')
  expect([file.current(), file.problems(), seen]).toEqual([3, [], [1, 1, 2]])
})

test('a broken file at the start rejects, unless there is an initial value', async () => {
  await writeFile(path, 'x')
  await expect(open()).rejects.toThrow('is not a number')
  const file = await open({ initial: 7 })
  expect([file.current(), file.problems().length]).toEqual([7, 1])
})
