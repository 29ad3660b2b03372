import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writeFileAtomic } from './atomic-write.ts'
import { LockHeldError, withLock } from './lock-file.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atomic-'))
  path = join(folder, 'keys.json')
})

afterEach(async () => {
  await chmod(folder, 0o700)
  await rm(folder, { recursive: true, force: true })
})

const modeOf = async (file: string) => (await stat(file)).mode & 0o777

describe('writeFileAtomic', () => {
  test('makes a new file that only its owner may read, and leaves no other file', async () => {
    await writeFileAtomic(path, 'one')
    expect(await readFile(path, 'utf8')).toBe('one')
    expect(await modeOf(path)).toBe(0o600)
    expect(await readdir(folder)).toEqual(['keys.json'])
  })

  test('replaces the file by a new one with the mode of the old one', async () => {
    await writeFile(path, 'a longer text')
    await chmod(path, 0o640)
    const before = await stat(path)
    await writeFileAtomic(path, 'two')
    const after = await stat(path)
    expect(await readFile(path, 'utf8')).toBe('two')
    expect(after.ino).not.toBe(before.ino)
    expect([after.mode, after.uid, after.gid]).toEqual([before.mode, before.uid, before.gid])
  })

  test('writes through a symbolic link instead of replacing it', async () => {
    await writeFile(path, 'one')
    const link = join(folder, 'link.json')
    await symlink(path, link)
    await writeFileAtomic(link, 'two')
    expect(await readFile(path, 'utf8')).toBe('two')
    expect((await readdir(folder)).sort()).toEqual(['keys.json', 'link.json'])
  })

  test('rejects when the folder is missing, and makes none', async () => {
    const missing = join(folder, 'none', 'keys.json')
    await expect(writeFileAtomic(missing, 'x')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('leaves no temporary file after a failure', async () => {
    await expect(writeFileAtomic(folder, 'x')).rejects.toThrow()
    expect(await readdir(folder)).toEqual([])
  })
})

describe('withLock', () => {
  const lock = () => join(folder, 'keys.json.lock')

  test('lets one in at a time, and removes the lock', async () => {
    let inside = 0
    let most = 0
    const work = async () => {
      most = Math.max(most, ++inside)
      await readdir(folder)
      inside--
    }
    const wait = () => new Promise((done) => setImmediate(done))
    await Promise.all(Array.from({ length: 5 }, () => withLock(lock(), work, { wait })))
    expect(most).toBe(1)
    expect(await readdir(folder)).toEqual([])
  })

  test('gives up on a lock that is held, and leaves it', async () => {
    await writeFile(lock(), '1 other\n')
    const waits: number[] = []
    const wait = async (delayMs: number) => waits.push(delayMs)
    await expect(withLock(lock(), async () => 1, { wait })).rejects.toThrow(LockHeldError)
    expect(waits.reduce((sum, delay) => sum + delay, 0)).toBe(3000)
    expect(await readFile(lock(), 'utf8')).toBe('1 other\n')
  })

  test('takes over a lock that is older than ten seconds, and not a younger one', async () => {
    await writeFile(lock(), '1 dead\n')
    const wait = async () => {}
    const after = (ageMs: number) =>
      withLock(lock(), async () => 'in', { wait, now: () => Date.now() + ageMs })
    await expect(after(9000)).rejects.toThrow(LockHeldError)
    expect(await after(11_000)).toBe('in')
  })

  test('a holder that lost the lock learns it before writing, and does not remove the new one', async () => {
    const lost = withLock(lock(), async (held) => {
      await writeFile(lock(), '2 new owner\n')
      await held.confirm()
    })
    await expect(lost).rejects.toThrow(LockHeldError)
    expect(await readFile(lock(), 'utf8')).toBe('2 new owner\n')
  })

  test('releases the lock when the work fails', async () => {
    const failing = withLock(lock(), async () => {
      throw new Error('broken')
    })
    await expect(failing).rejects.toThrow('broken')
    expect(await readdir(folder)).toEqual([])
  })
})
