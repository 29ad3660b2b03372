import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { changeFile } from './change-file.ts'
import { LockHeldError } from './lock-file.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'change-'))
  path = join(folder, 'of', 'keys.json')
})

afterEach(() => rm(folder, { recursive: true, force: true }))

test('a file and its folder are made for the service only, and no lock is left', async () => {
  await changeFile(path, (text) => ({ text: `${text}` }))
  expect(await readFile(path, 'utf8')).toBe('null')
  expect(await readdir(join(folder, 'of'))).toEqual(['keys.json'])
})

test('many changes at once are all kept', async () => {
  const add = () => changeFile(path, (text) => ({ text: `${Number(text) + 1}` }))
  await Promise.all(Array.from({ length: 8 }, add))
  expect(await readFile(path, 'utf8')).toBe('8')
})

test('the result of the change is returned; null writes nothing', async () => {
  expect(await changeFile(path, () => ({ text: 'a', id: 7 }))).toEqual({ text: 'a', id: 7 })
  expect(await changeFile(path, () => null)).toBe(null)
  expect(await readFile(path, 'utf8')).toBe('a')
})

test('a change that cannot be recorded is not written', async () => {
  const record = () => Promise.reject(new Error('no audit'))
  await expect(changeFile(path, () => ({ text: 'a', record }))).rejects.toThrow('no audit')
  expect(await readdir(join(folder, 'of'))).toEqual([])
})

test('a recorded change that could not be written is recorded as failed', async () => {
  const told: string[] = []
  await mkdir(path, { recursive: true })
  const change = () => ({
    text: 'a',
    record: async () => void told.push('record'),
    recordUnwritten: async () => void told.push('unwritten'),
  })
  await expect(changeFile(path, change, async () => null)).rejects.toThrow()
  expect(told).toEqual(['record', 'unwritten'])
})

test('nothing is written under a lock that another process took over while it was recorded', async () => {
  const record = () => writeFile(`${path}.lock`, 'another\n')
  await expect(changeFile(path, () => ({ text: 'a', record }))).rejects.toThrow(LockHeldError)
  expect(await readdir(join(folder, 'of'))).toEqual(['keys.json.lock'])
})
