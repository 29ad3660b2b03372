import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { changeFile } from './change-file.ts'
import { LockHeldError } from './lock-file.ts'
import { removeVersions } from './versions.ts'

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
  await expect(changeFile(path, change, { read: async () => null })).rejects.toThrow()
  expect(told).toEqual(['record', 'unwritten'])
})

test('nothing is written under a lock that another process took over while it was recorded', async () => {
  const record = () => writeFile(`${path}.lock`, 'another\n')
  await expect(changeFile(path, () => ({ text: 'a', record }))).rejects.toThrow(LockHeldError)
  expect(await readdir(join(folder, 'of'))).toEqual(['keys.json.lock'])
})

describe('a program without the lock', () => {
  const add = (word: string, options = {}) =>
    changeFile(path, (text) => ({ text: `${text ?? ''}${word} `, ...options }))

  test('saves the file while a change is recorded: the change begins again with that text', async () => {
    await add('one')
    const told: string[] = []
    const record = async () => {
      if (told.push('record') === 1) await writeFile(path, 'one edited ')
    }
    await add('two', { record, recordUnwritten: async () => void told.push('unwritten') })
    expect(await readFile(path, 'utf8')).toBe('one edited two ')
    expect(told).toEqual(['record', 'unwritten', 'record'])
  })

  test('removes the file meanwhile: the change begins again without one', async () => {
    await add('one')
    let count = 0
    await add('two', { record: async () => void (count++ === 0 && (await rm(path))) })
    expect(await readFile(path, 'utf8')).toBe('two ')
  })

  test('saves it all the time: the change is given up, and the file is as saved', async () => {
    let count = 0
    const record = () => writeFile(path, `save ${count++}`)
    await expect(add('one', { record })).rejects.toThrow(LockHeldError)
    expect(await readFile(path, 'utf8')).toBe('save 19')
    expect(await readdir(join(folder, 'of'))).toEqual(['keys.json'])
  })
})

describe('the last ten versions', () => {
  const versions = () => join(folder, 'of/.versions')
  const write = (text: string) => changeFile(path, () => ({ text }), { keepsVersions: true })

  test('are beside the file, for its owner only; earlier ones are removed', async () => {
    for (let number = 1; number <= 14; number++) await write(`${number}`)
    await chmod(path, 0o640)
    await write('15')
    const names = await readdir(versions())
    expect(names.sort()).toEqual(
      Array.from({ length: 10 }, (_, at) => `keys.json.${at + 5}`).sort(),
    )
    for (const name of names) {
      const file = join(versions(), name)
      expect(await readFile(file, 'utf8')).toBe(name.split('.').at(-1))
      expect((await stat(file)).mode & 0o777).toBe(0o600)
    }
    expect((await stat(versions())).mode & 0o777).toBe(0o700)
    expect((await stat(path)).mode & 0o777).toBe(0o640)
    removeVersions(path)
    expect(await readdir(versions())).toEqual([])
    expect(await readFile(path, 'utf8')).toBe('15')
  })

  test('have what an editor that had the file open saved too late', async () => {
    await write('before')
    const editor = await open(path, 'r+')
    await write('after')
    await editor.write('edited')
    await editor.close()
    expect(await readFile(path, 'utf8')).toBe('after')
    expect(await readFile(join(versions(), 'keys.json.1'), 'utf8')).toBe('edited')
  })

  test('are not kept unless asked for: a signing key has no copy', async () => {
    await changeFile(path, () => ({ text: 'secret' }))
    await changeFile(path, () => ({ text: 'another' }))
    expect(await readdir(join(folder, 'of'))).toEqual(['keys.json'])
  })

  test('are of their own document', async () => {
    await write('1')
    await write('2')
    const other = join(folder, 'of', 'keys')
    await changeFile(other, () => ({ text: 'a' }), { keepsVersions: true })
    await changeFile(other, () => ({ text: 'b' }), { keepsVersions: true })
    expect((await readdir(versions())).sort()).toEqual(['keys.1', 'keys.json.1'])
  })
})
